//! Services that send each other messages over the bus.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::{Assembly, Definition, Init, NoSettings, Service};
use tradewind_events::bus::{Bus, Delivered, Queue};
use tradewind_problem::{CONFLICT, Problem};

use crate::lamps::{get, read, simulated};

static SWITCH: Queue = Queue::shared("switch");

/// Answers what it is asked, and refuses the number 13.
fn switches() -> Service {
    let start = |init: &mut Init<NoSettings>| {
        let bus = init.bus();
        let answering = bus.clone();
        init.consume(bus.consumer(&SWITCH).respond(move |delivered: Delivered| {
            let bus = answering.clone();
            async move {
                match delivered.message.read::<u32>()? {
                    13 => Err(Problem::new(&CONFLICT).detail("This one is broken.")),
                    number => bus.message("tradewind.switches.on.v1", &delivered.context, &number),
                }
            }
        }));
        Ok(())
    };
    Definition::new("switches", "Switches.", start).internal(4130, Routes::new()).build()
}

/// Asks them.
fn panel() -> Service {
    let routes = Routes::new().get("/switch/{number}", ask);
    let start = |init: &mut Init<NoSettings>| Ok(init.bus());
    Definition::new("panel", "A panel.", start).public(4031, routes).internal(4131, Routes::new()).build()
}

async fn ask(bus: Arc<Bus>, call: Call) -> Result<Reply, Problem> {
    let number: u32 = call.parameter("number")?;
    let question = bus.message("tradewind.switches.switch-on.v1", call.context(), &number)?;
    let answer = bus.request(&SWITCH, &question, call.deadline()).await?;
    assert_eq!(answer.correlation, call.context().correlation);
    Reply::ok(&answer.read::<u32>()?)
}

#[tokio::test(start_paused = true)]
async fn services_of_one_process_talk_in_memory() {
    let running = Assembly::new(vec![switches(), panel()]).start(simulated(), &mut |_, _| {}).await.unwrap();
    let send = async |path: &str| {
        let (status, _, text) = read(running.book().peer("panel").send(get(path)).await.unwrap()).await;
        (status.as_u16(), text)
    };
    assert_eq!(send("/switch/7").await, (200, "7".to_owned()));
    let (status, text) = send("/switch/13").await;
    assert!(status == 409 && text.contains("This one is broken."), "{status} {text}");
    running.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn between_processes_they_need_a_broker() {
    let assembly = Assembly::new(vec![panel()]).beside(&["switches".to_owned()]);
    let refused = assembly.start(simulated(), &mut |_, _| {}).await.unwrap_err().to_string();
    assert!(refused.contains("panel") && refused.contains("broker.url"), "{refused}");
}
