// A fleet of its own for a run: started, read from what it prints, and ended.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

// Starts `command` and waits until it says that it is ready; `deadline` is in milliseconds. What it prints goes to
// `heard` line by line, as somebody at a terminal would read it.
export async function startFleet({ command, words, cwd, env = {}, deadline, heard = () => {} }) {
  const child = spawn(command, words, {
    cwd,
    // A group of its own, so that what a shell or cargo started ends with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines = [];
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const listen = (stream) => {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      heard(line);
    });
  };
  listen(child.stdout);
  listen(child.stderr);
  const stop = () => end(child, ended);
  try {
    await ready(child, lines, ended, deadline);
  } catch (error) {
    await stop();
    throw error;
  }
  return { lines, stop, ...told(lines) };
}

function ready(child, lines, ended, deadline) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready after ${deadline / 1000} s`)), deadline);
    const decide = (settle) => (value) => {
      clearTimeout(timer);
      settle(value);
    };
    const look = () => lines.some((line) => line.startsWith('ready in ')) && decide(resolve)();
    child.stdout.on('data', () => setImmediate(look));
    child.once('error', decide(reject));
    ended.then((code) => decide(reject)(new Error(`it ended (${code}):\n${lines.slice(-20).join('\n')}`)));
  });
}

// Asks it to end, and ends it for good when it does not.
async function end(child, ended) {
  const tell = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It is gone already.
    }
  };
  tell('SIGTERM');
  const patience = setTimeout(() => tell('SIGKILL'), 30_000);
  await ended;
  clearTimeout(patience);
}

// What the start told: where the doors are, and who can sign in.
function told(lines) {
  const first = (pattern) => lines.map((line) => pattern.exec(line)).find(Boolean)?.[1];
  const person = /^\s*(\w+)\s+(customer|staff|admin)\s+(\S+@\S+)\s+(\S+)$/;
  const people = lines.map((line) => person.exec(line)).filter(Boolean);
  return {
    shop: first(/^\s*gateway\s+data-plane\s+(http:\S+)/),
    mailbox: first(/^\s*mails of the shop: (http:\S+)/),
    people: Object.fromEntries(
      people.map(([, name, role, email, password]) => [name, { name, role, email, password }]),
    ),
  };
}
