//! The program is started anew while it serves.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tradewind_testkit::{Connection, Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::Gateway;

/// Ends all processes that run in a folder, when it is dropped.
pub struct EndsAll<'a>(pub &'a Path);

/// Whether a process runs there, also when the folder has been removed meanwhile.
fn is_in(cwd: &Path, folder: &Path) -> bool {
    cwd.to_string_lossy().trim_end_matches(" (deleted)") == folder.to_string_lossy()
}

pub fn processes_in(folder: &Path) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let here =
        all.filter(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| is_in(&cwd, folder)));
    here.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The sockets that listen on a port, by the numbers that the system gives them.
fn sockets_of(port: u16) -> BTreeSet<String> {
    let listening = format!(":{port:04X} 00000000:0000 0A ");
    let all = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let ours = all.lines().filter(|line| line.contains(&listening));
    ours.filter_map(|line| line.split_whitespace().nth(9).map(str::to_owned)).collect()
}

impl Drop for EndsAll<'_> {
    fn drop(&mut self) {
        for process in processes_in(self.0) {
            let _ = std::process::Command::new("kill").args(["-9", &process.to_string()]).status();
        }
    }
}

#[tokio::test]
async fn a_new_process_takes_over_without_a_lost_request() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::before(&[backend.address], &["--drain", "10"]).await;
    let folder = gateway.routes().parent().unwrap().canonicalize().unwrap();
    let _ends = EndsAll(&folder);
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..8)
        .map(|number| tokio::spawn(ask(gateway.address, number % 2 == 0, stop.clone(), answered.clone())))
        .collect();
    until("requests are answered", async || (answered.load(Ordering::Relaxed) > 200).then_some(())).await;
    let before = processes_in(&folder);
    assert_eq!(before.len(), 1);
    let address = gateway.address;
    let sockets = sockets_of(address.port());
    assert!(!sockets.is_empty());
    gateway.signal("USR2").await;
    // The old one goes once the new one serves and requests under way have ended.
    until("another process is there alone", async || {
        let after = processes_in(&folder);
        (after.len() == 1 && after != before).then_some(())
    })
    .await;
    // One that is closed loses what waits in it; which is seen seldom.
    assert_eq!(sockets_of(address.port()), sockets);
    let so_far = answered.load(Ordering::Relaxed);
    until("the new one answers", async || (answered.load(Ordering::Relaxed) > so_far + 200).then_some(()))
        .await;
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        assert_eq!(client.await.unwrap(), 0, "requests that were not answered");
    }
    assert_eq!(Request::new("GET", "/").send(address).await.status, 200);
}

/// Asks again and again, over one connection as long as it lasts or over a new one each time, and counts failures.
async fn ask(
    address: std::net::SocketAddr,
    keeps: bool,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
) -> usize {
    let (mut failed, mut kept) = (0, None);
    let request = b"GET / HTTP/1.1\r\nHost: tradewind.test\r\n\r\n";
    while !stop.load(Ordering::Relaxed) {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => Connection::open(address).await,
        };
        connection.send(request).await;
        match connection.answer().await {
            Some(answer) if answer.status == 200 => {
                answered.fetch_add(1, Ordering::Relaxed);
                let closes = answer.header("connection") == Some("close");
                kept = Some(connection).filter(|_| keeps && !closes);
            }
            _ => failed += 1,
        }
    }
    failed
}
