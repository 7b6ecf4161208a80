//! Connections that introduce themselves before anything is decided about them.

use std::future::poll_fn;
use std::task::Poll;

use tradewind_edge::hello::{self, ClientHello, NoHello};

use crate::front::client::Client;
use crate::front::handshake::{Alert, give_up, secured};
use crate::front::passing::{self, Telling};
use crate::passing::{Admission, Refused};
use crate::timer::now;
use crate::tls::Within;

/// How a connection begins.
enum Beginning {
    Hello(ClientHello),
    /// It is no TLS, or a message that cannot be taken.
    Wrong(NoHello),
    /// It took too long.
    Slow,
    /// It has ended, or the listener is closed, before anything came.
    Nothing,
}

/// Has a connection introduce itself, and does what is decided then. One over which HTTP is to be spoken is given back,
/// with TLS.
pub(super) async fn serve(mut client: Client) -> Option<Client> {
    let mut telling = Telling::new(&client, now());
    let hello = match beginning(&client).await {
        Beginning::Hello(hello) => hello,
        Beginning::Nothing => {
            telling.forget();
            return None;
        }
        Beginning::Slow => {
            telling.because("slow-hello");
            return None;
        }
        Beginning::Wrong(error) => {
            wrong(&client, &mut telling, error).await;
            return None;
        }
    };
    client.server_name.clone_from(&hello.server_name);
    telling.named(hello.server_name);
    match telling.admission() {
        Admission::Http => {
            telling.forget();
            secured(client, Within::Http).await
        }
        Admission::Refuse(refused, mark) => {
            telling.marked(mark);
            telling.because(refused.reason());
            give_up(
                &client,
                match refused {
                    Refused::UnknownName => Alert::UnrecognizedName,
                    Refused::NotAllowed | Refused::NoToken => Alert::AccessDenied,
                    Refused::Broken => Alert::InternalError,
                },
            )
            .await;
            None
        }
        Admission::Pass(pass) => {
            telling.marked(Some(pass.mark.clone()));
            passing::run(client, &pass, &mut telling).await;
            None
        }
    }
}

async fn wrong(client: &Client, telling: &mut Telling, error: NoHello) {
    tracing::debug!(%error, peer = %client.peer, "a connection is not passed on");
    match error {
        // Who speaks something else understands no alert.
        NoHello::NotTls => telling.because("no-tls"),
        NoHello::TooLong | NoHello::Malformed(_) => {
            telling.because("malformed-hello");
            give_up(client, Alert::DecodeError).await;
        }
    }
}

/// Waits for the first message. It stays in the client's buffer.
async fn beginning(client: &Client) -> Beginning {
    client.timer.borrow_mut().set(client.bounds.handshake);
    let mut stopping = std::pin::pin!(client.listener.stopping.notified());
    let mut seen = 0;
    poll_fn(|context| {
        loop {
            let filled = client.buffer.borrow().filled().len();
            if filled > seen {
                seen = filled;
                match hello::read(client.buffer.borrow().filled()) {
                    Ok(Some(hello)) => return Poll::Ready(Beginning::Hello(hello)),
                    Ok(None) => {}
                    Err(error) => return Poll::Ready(Beginning::Wrong(error)),
                }
            }
            let is_stopping = client.listener.is_stopping.get();
            if seen == 0 && (is_stopping || stopping.as_mut().poll(context).is_ready()) {
                return Poll::Ready(Beginning::Nothing);
            }
            match client.poll_read(context) {
                Poll::Ready(Ok(count)) if count > 0 => {}
                Poll::Ready(_) if seen == 0 => return Poll::Ready(Beginning::Nothing),
                Poll::Ready(_) => {
                    return Poll::Ready(Beginning::Wrong(NoHello::Malformed("it ends too early")));
                }
                Poll::Pending if client.timer.borrow_mut().poll(context).is_ready() => {
                    return Poll::Ready(if seen == 0 { Beginning::Nothing } else { Beginning::Slow });
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await
}
