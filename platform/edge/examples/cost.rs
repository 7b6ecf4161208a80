//! What each decision of the edge costs: `cargo run --release --example cost -p tradewind-edge`.
//!
//! One line for each operation: its name, the median over batches in nanoseconds with the quartiles, and on what. The
//! batches of all operations take turns, so that a disturbance of the machine hits all of them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock, prints, and ends where something is not as it should be"
)]

use std::hint::black_box;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tradewind_edge::address::{CidrSet, client_address, client_key};
use tradewind_edge::admission::{Admission, AdmissionSettings, Finished, Priority};
use tradewind_edge::balance::{BalanceSettings, Balancer, Ended, Key, Places};
use tradewind_edge::health::{EjectionSettings, Ejections};
use tradewind_edge::limit::{Policy, Table};
use tradewind_edge::log::{DateCache, Line, Upstream};
use tradewind_edge::retry_budget::RetryBudget;
use tradewind_edge::token::{KeySet, Profile, VerifiedCache, verify};
use tradewind_edge::trace::Traceparent;

const ROUNDS: usize = 401;
const NOW: u64 = 1_767_225_600;

/// One operation, and how often it runs in a batch.
struct Operation {
    name: &'static str,
    on: &'static str,
    batch: u64,
    run: Box<dyn FnMut(u64)>,
}

fn operation(name: &'static str, on: &'static str, run: impl FnMut(u64) + 'static) -> Operation {
    Operation { name, on, batch: 1_000, run: Box::new(run) }
}

/// The moment of an operation: 20 µs after the one before.
fn at(number: u64) -> Duration {
    Duration::from_secs(100) + Duration::from_micros(number * 20)
}

/// Numbers in no order.
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xd1b5_4a32_d192_ed03)
}

fn main() {
    let mut operations = addresses();
    operations.extend(limits());
    operations.extend(tokens());
    operations.extend(backends());
    operations.extend(choices());
    operations.extend(lines());
    let mut taken = vec![Vec::with_capacity(ROUNDS); operations.len()];
    let mut number = 0;
    for _ in 0..ROUNDS {
        for (operation, taken) in operations.iter_mut().zip(&mut taken) {
            let begin = Instant::now();
            for step in 0..operation.batch {
                (operation.run)(number + step);
            }
            taken.push(begin.elapsed().as_nanos() as f64 / operation.batch as f64);
        }
        number += 1_000;
    }
    println!("{:<34} {:>9} {:>9} {:>9}  on", "operation", "median ns", "quartile", "quartile");
    for (operation, mut taken) in operations.into_iter().zip(taken) {
        taken.sort_by(f64::total_cmp);
        let [low, median, high] = [1, 2, 3].map(|quarter| taken[ROUNDS * quarter / 4]);
        println!("{:<34} {median:>9.1} {low:>9.1} {high:>9.1}  {}", operation.name, operation.on);
    }
}

fn addresses() -> Vec<Operation> {
    let networks: Vec<String> = (0..200).map(|number| format!("10.{number}.0.0/17")).collect();
    let set = CidrSet::parse(networks.iter().map(String::as_str)).unwrap();
    let trusted = CidrSet::parse(["10.0.0.0/8", "fd00::/8"]).unwrap();
    let contains = move |number: u64| {
        let [first, second, third, ..] = scattered(number).to_be_bytes();
        black_box(set.contains(IpAddr::from([10, first, second, third])));
    };
    let client = move |_| {
        let forwarded = black_box(["198.51.100.9, 203.0.113.1", "10.0.0.2"]);
        black_box(client_address(IpAddr::from([10, 0, 0, 1]), forwarded, &trusted));
    };
    let trace = move |number: u64| {
        let field = black_box("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let trace = Traceparent::parse(field.as_bytes()).unwrap();
        black_box(trace.child(scattered(number)).format());
    };
    vec![
        operation("address in a set", "200 networks of IPv4", contains),
        operation("client behind proxies", "two field lines, three entries", client),
        operation("trace: parse, child, format", "version 00", trace),
    ]
}

fn limits() -> Vec<Operation> {
    let table = Table::new(65_536, 7);
    let policy = Policy::new(1, "client", (1_000, Duration::from_secs(1)), 1_000).unwrap();
    let take = move |number: u64| {
        let client = (scattered(number) % 10_000) as u32;
        let key = client_key(IpAddr::from(client.to_be_bytes()));
        black_box(table.take(&policy, &key, at(number)));
    };
    let few = Table::new(4_096, 7);
    let policy = Policy::new(1, "client", (1_000, Duration::from_secs(1)), 1_000).unwrap();
    let take_of_few = move |number: u64| {
        let key = client_key(IpAddr::from([10, 0, 0, (scattered(number) % 100) as u8]));
        black_box(few.take(&policy, &key, at(number)));
    };
    let full = Table::new(1_024, 7);
    let policy = Policy::new(1, "client", (10, Duration::from_secs(1)), 10).unwrap();
    let crowd = move |number: u64| {
        let client = (scattered(number) % 100_000) as u32;
        black_box(full.take(&policy, &client.to_be_bytes(), at(number)));
    };
    let table = Table::new(65_536, 7);
    let policy = Policy::new(1, "client", (1_000, Duration::from_secs(1)), 1_000).unwrap();
    let mut buffer = Vec::with_capacity(64);
    let fields = move |number: u64| {
        buffer.clear();
        table.take(&policy, b"ann", at(number)).write_rate_limit(&policy, &mut buffer);
        black_box(&buffer);
    };
    let mut budget = RetryBudget::of_thread(2);
    let deposit = move |number: u64| budget.deposit(at(number));
    vec![
        operation("limit: take", "100 clients, 4,096 places", take_of_few),
        operation("limit: take", "10,000 clients, 65,536 places", take),
        operation("limit: take, rows full", "100,000 clients, 1,024 places", crowd),
        operation("limit: take, write the field", "1 client", fields),
        operation("retry budget: deposit", "20 %", deposit),
    ]
}

enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    fn key(&self) -> serde_json::Value {
        match self {
            Self::Rsa(pair) => {
                let der = pair.public_key().as_ref();
                json!({ "kty": "RSA", "kid": "k", "n": encode(&der[9..265]), "e": encode(&der[267..]) })
            }
            Self::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": "k", "x": encode(x), "y": encode(y) })
            }
            Self::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k", "x": encode(pair.public_key()) })
            }
        }
    }

    fn keys(&self) -> KeySet {
        KeySet::from_json(json!({ "keys": [self.key()] }).to_string().as_bytes()).unwrap()
    }

    fn token(&self, alg: &str, number: u64) -> String {
        let claims = json!({
            "iss": "https://accounts.example", "aud": "shop", "sub": format!("user-{number}"), "exp": NOW + 900,
            "nbf": NOW, "scope": "read write", "roles": ["customer"], "more": "m".repeat(200),
        });
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": "k" });
        let text = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::P256(pair) => pair.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
        };
        format!("{text}.{}", encode(signature))
    }
}

fn tokens() -> Vec<Operation> {
    let profile = Profile::new("https://accounts.example", ["shop".to_owned()]);
    let ed25519 = Signer::Ed25519(Ed25519KeyPair::generate().unwrap());
    let keys = ed25519.keys();
    let tokens: Vec<String> = (0..10_000).map(|number| ed25519.token("EdDSA", number)).collect();
    let hit = |count: usize| {
        let tokens = tokens[..count].to_vec();
        let mut cache = VerifiedCache::new(count * 3, 7);
        for token in &tokens {
            cache.verify(token, (&keys, 1), &profile, NOW).unwrap();
        }
        move |number: u64| {
            let token = &tokens[(scattered(number) % tokens.len() as u64) as usize];
            black_box(cache.get(token, 1, NOW));
        }
    };
    let verifying = |name, alg: &'static str, signer: &Signer| {
        let (keys, token, profile) = (signer.keys(), signer.token(alg, 1), profile.clone());
        let run = move |_| {
            black_box(verify(&token, &keys, &profile, NOW)).unwrap();
        };
        Operation { batch: 4, ..operation(name, "700 bytes, not cached", run) }
    };
    let rsa = Signer::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
    let p256 = Signer::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());
    vec![
        operation("token: found in the cache", "100 tokens of 700 bytes", hit(100)),
        operation("token: found in the cache", "10,000 tokens of 700 bytes", hit(10_000)),
        verifying("token: verify RS256", "RS256", &rsa),
        verifying("token: verify ES256", "ES256", &p256),
        verifying("token: verify EdDSA", "EdDSA", &ed25519),
    ]
}

fn backends() -> Vec<Operation> {
    let mut admission = Admission::new(AdmissionSettings::default(), at(0));
    let admit = move |number: u64| {
        admission.admit(Priority::Default, number).unwrap();
        admission.ended(Finished::Answered(Duration::from_micros(900 + number % 200)), at(number));
    };
    let mut ejections = Ejections::new(EjectionSettings::default());
    (0..10).for_each(|place| ejections.join(place));
    let report = move |number: u64| {
        let place = (number % 10) as usize;
        black_box(ejections.is_out(place, at(number)));
        black_box(ejections.report(place, true, at(number)));
    };
    vec![
        operation("admission: admit, end", "windows of 250 ms", admit),
        operation("ejections: ask, report", "10 endpoints", report),
    ]
}

fn choices() -> Vec<Operation> {
    let of = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("10.0.0.{number}:8050")).collect();
        let mut balancer = Balancer::new(BalanceSettings::default());
        balancer.set(names.iter().map(String::as_str), at(0));
        balancer
    };
    let pick = |count| {
        let mut balancer = of(count);
        move |number: u64| {
            let picked = balancer.pick(Places::ALL, at(number), scattered(number)).unwrap();
            let took = Duration::from_micros(500 + scattered(number + 1) % 1_000);
            balancer.ended(picked, Ended::Answered(took), at(number));
        }
    };
    let by_key = |count| {
        let mut balancer = of(count);
        move |number: u64| {
            let key = scattered(number).to_be_bytes();
            let picked = balancer.pick_for(Key::of(&key), Places::ALL, at(number)).unwrap();
            balancer.ended(picked, Ended::Dropped, at(number));
        }
    };
    vec![
        operation("balance: pick, end", "3 endpoints", pick(3)),
        operation("balance: pick, end", "64 endpoints", pick(64)),
        operation("balance: pick by key, end", "3 endpoints", by_key(3)),
        operation("balance: pick by key, end", "64 endpoints", by_key(64)),
    ]
}

fn lines() -> Vec<Operation> {
    let (mut dates, mut buffer) = (DateCache::default(), Vec::with_capacity(64 * 1024));
    let write = move |number: u64| {
        if buffer.len() > 60_000 {
            buffer.clear();
        }
        let line = Line {
            time: NOW * 1_000_000 + number * 20,
            client: IpAddr::from([192, 0, 2, 1]),
            method: "GET",
            path: b"/api/items/v1/items/0198c0de-0000-7000-8000-000000000001",
            query: None,
            host: b"shop.example",
            status: 200,
            bytes_in: 0,
            bytes_out: 1_024,
            duration: Duration::from_micros(number % 10_000),
            upstream: Some(Upstream {
                address: "10.0.0.1:8050",
                duration: Duration::from_micros(number % 9_000),
                attempts: 1,
            }),
            route: Some("team/items"),
            rule: Some("items"),
            trace: b"4bf92f3577b34da6a3ce929d0e0e4736",
            refusal: None,
            tls: Some("1.3"),
            user_agent: Some(b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        };
        line.write(&mut dates, &mut buffer);
        black_box(&buffer);
    };
    vec![operation("log: one line", "15 fields, 400 bytes", write)]
}
