"""The proxies, started with the configurations beside this folder."""

import base64
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import time

from . import system

CONFIGURATIONS = pathlib.Path(__file__).resolve().parent.parent
ISSUER = "https://issuer.bench.test"
ACCESS_LOGS = {"nginx": "nginx-access.log", "haproxy": "output.log", "caddy": "caddy-access.log",
               "tradewind": "tradewind-access.log"}


class Keys:
    """A certificate, and a token with the key that it was signed with; made anew for each run."""

    def __init__(self, folder):
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        self.both, self.jwks = folder / "certificate-and-key.pem", folder / "jwks.json"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", self.key, "-out", self.certificate)
        self.both.write_text(self.certificate.read_text() + self.key.read_text())
        signer = folder / "signer.pem"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", signer)
        modulus = openssl("rsa", "-in", signer, "-noout", "-modulus").decode().strip().partition("=")[2]
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "bench", "n": letters(bytes.fromhex(modulus)),
               "e": "AQAB"}
        self.jwks.write_text(json.dumps({"keys": [key]}))
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "bench", "sub": "01980000-0000-7000-8000-00000000000a", "iat": now,
                  "nbf": now, "exp": now + 24 * 3600, "scope": "orders:read orders:write", "roles": ["customer"]}
        head = {"alg": "RS256", "typ": "JWT", "kid": "bench"}
        signed = ".".join(letters(json.dumps(part).encode()) for part in (head, claims))
        signature = openssl("dgst", "-sha256", "-sign", signer, given=signed.encode())
        self.token = f"{signed}.{letters(signature)}"


def openssl(*words, given=None):
    command = ["openssl", *(str(word) for word in words)]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def letters(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Proxy:
    """One running process group that requests are sent to."""

    def __init__(self, name, child, port, tls=False):
        self.name, self.child, self.port, self.tls = name, child, port, tls
        self.access_log = None

    def url(self, path="/"):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    def cpu_ns(self):
        return system.cpu_ns(self.child.pid)

    def user_ns(self):
        return system.user_ns(self.child.pid)

    def memory_mb(self):
        return system.memory_mb(self.child.pid)

    def forget_peak(self):
        system.forget_peak(self.child.pid)

    def peak_mb(self):
        return system.peak_mb(self.child.pid)

    def answers(self, headers, patience=10):
        """Waits for the first answer, which must be good."""
        limit = time.monotonic() + patience
        while self.child.poll() is None:
            try:
                return self.ask(headers)
            except OSError as error:
                if time.monotonic() > limit:
                    raise RuntimeError(f"{self.name} does not answer: {error}") from error
                time.sleep(0.05)
        raise RuntimeError(f"{self.name} ended with {self.child.returncode} before it answered")

    def answers_ok(self, headers):
        """Whether a request with these headers is answered with 200."""
        try:
            return bool(self.ask(headers))
        except ConnectionError:
            return False

    def ask(self, headers):
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as plain:
            connection = insecure().wrap_socket(plain, server_hostname="localhost") if self.tls else plain
            extra = "".join(f"{header}\r\n" for header in headers)
            connection.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{extra}\r\n".encode())
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise ConnectionError(f"the first answer is {answer[:200]!r}")
        return answer


    def lines_logged(self):
        """How many lines the access log has; it is empty after that, or a long run would fill the disk."""
        with open(self.access_log, "rb") as file:
            lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
        os.truncate(self.access_log, 0)
        return lines


def insecure():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Rig:
    """The upstream, and everything a proxy is started with."""

    def __init__(self, options, folder, children):
        self.options, self.folder, self.children = options, folder, children
        self.keys = Keys(folder)
        self.upstream = self.start_upstream()

    def start_upstream(self, *words):
        command = [self.options.tools / "canned-upstream", "--until-end-of-input", *words]
        child = self.children.start(command, self.options.load_core, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    text=True)
        return Proxy("direct", child, int(child.stdout.readline().rpartition(":")[2]))

    def start(self, name, variant, headers=(), upstream=None):
        """Starts a proxy with the configuration of this variant, or with the plain one where it has no such."""
        upstream = upstream or self.upstream
        if name == "direct":
            return upstream
        tls, port = variant == "tls", system.free_port()
        folder = self.folder / f"{name}-{variant}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        words = {
            "FOLDER": folder, "PORT": port, "UPSTREAM": f"127.0.0.1:{upstream.port}",
            "UPSTREAM_PORT": upstream.port, "ISSUER": ISSUER, "JWKS": self.keys.jwks,
            "CERTIFICATE": self.keys.certificate, "KEY": self.keys.key, "CERTIFICATE_AND_KEY": self.keys.both,
            "CERTIFICATE_BASE64": base64.b64encode(self.keys.certificate.read_bytes()).decode(),
            "KEY_BASE64": base64.b64encode(self.keys.key.read_bytes()).decode(),
        }
        command = {"nginx": self.nginx, "haproxy": self.haproxy, "caddy": self.caddy,
                   "tradewind": self.tradewind}[name](variant, folder, words)
        environment = {**os.environ, "GOMAXPROCS": "1", "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        with open(folder / "output.log", "a", encoding="utf-8") as output:
            child = self.children.start(command, self.options.proxy_core, stdin=subprocess.DEVNULL, stdout=output,
                                        stderr=subprocess.STDOUT, env=environment)
        proxy = Proxy(name, child, port, tls)
        if variant == "features":
            proxy.access_log = folder / ACCESS_LOGS[name]
        try:
            proxy.answers(headers)
        except RuntimeError as error:
            said = (folder / "output.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{error}\n{said}") from error
        return proxy

    def end(self, proxy):
        if proxy is not self.upstream:
            self.children.end(proxy.child)

    def nginx(self, variant, folder, words):
        return ["nginx", "-c", render(f"nginx/{variant}.conf", folder / "nginx.conf", words)]

    def haproxy(self, variant, folder, words):
        return ["haproxy", "-db", "-f", render(f"haproxy/{variant}.cfg", folder / "haproxy.cfg", words)]

    def caddy(self, variant, folder, words):
        file = render(f"caddy/{variant}.caddyfile", folder / "Caddyfile", words)
        return ["caddy", "run", "--adapter", "caddyfile", "--config", file]

    def tradewind(self, variant, folder, words):
        routes = folder / "routes"
        routes.mkdir()
        listener = "tls" if variant == "tls" else "plain"
        for part in {"common", listener, variant if (CONFIGURATIONS / "tradewind" / variant).is_dir() else "common"}:
            for file in sorted((CONFIGURATIONS / "tradewind" / part).glob("*.yaml")):
                render(file, routes / file.name, words)
        log = folder / ACCESS_LOGS["tradewind"] if variant == "features" else "off"
        return [self.options.gateway, "--routes", routes, "--threads", "1", "--access-log", log,
                "--admin", f"127.0.0.1:{system.free_port()}", *self.options.gateway_argument]


def render(template, target, words):
    """Writes a configuration with its placeholders filled in."""
    source = CONFIGURATIONS / template
    if not source.exists():
        source = source.with_name("plain" + source.suffix)
    text = source.read_text()
    for name, value in words.items():
        text = text.replace(f"@{name}@", str(value))
    target.write_text(text)
    return target
