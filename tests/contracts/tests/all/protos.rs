//! `.proto` files: the code that is made of them is the one that is committed, every method is answered, and nothing
//! that the last release promised is taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use prost_build::{Config, Method, Module, Service, ServiceGenerator};
use prost_types::FileDescriptorProto;
use prost_types::method_options::IdempotencyLevel;
use tradewind_contracts::compare_protos;
use tradewind_fleet::services;

use crate::files::{BLESS, root, write};

/// The `.proto` files below a folder such as `proto` of all contracts, each with the contract's folder.
fn sources(folder: &str) -> Vec<(PathBuf, PathBuf)> {
    let mut found = Vec::new();
    for contract in fs::read_dir(root().join("contracts")).unwrap() {
        let base = contract.unwrap().path().join(folder);
        let mut open = vec![base.clone()];
        while let Some(place) = open.pop() {
            for entry in fs::read_dir(place).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|extension| extension == "proto") {
                    found.push((base.clone(), path));
                }
            }
        }
    }
    found.sort();
    found
}

fn compiled(base: &Path, file: &Path) -> FileDescriptorProto {
    let set = protox::compile([file], [base]).unwrap_or_else(|wrong| panic!("{}: {wrong}", file.display()));
    let name = file.strip_prefix(base).unwrap().to_str().unwrap();
    set.file.into_iter().find(|file| file.name() == name).unwrap()
}

/// A file from text.
fn parsed(text: &str) -> FileDescriptorProto {
    let text = format!("syntax = \"proto3\"; package a.v1; {text}");
    let folder = tradewind_testkit::Folder::new("proto");
    let file = folder.path().join("a.proto");
    fs::write(&file, text).unwrap();
    compiled(folder.path(), &file)
}

/// Makes one constant of each method, for those who call and those who answer.
struct Constants;

impl ServiceGenerator for Constants {
    fn generate(&mut self, service: Service, text: &mut String) {
        for method in &service.methods {
            assert!(!method.client_streaming && !method.server_streaming, "{} streams", method.proto_name);
            method.comments.append_with_indent(0, text);
            let Method { proto_name, input_type, output_type, options, .. } = method;
            let kind = match options.idempotency_level() {
                IdempotencyLevel::NoSideEffects => "read",
                _ => "command",
            };
            let path = format!("/{}.{}/{proto_name}", service.package, service.proto_name);
            let name = method.name.to_ascii_uppercase();
            text.push_str(&format!(
                "pub const {name}: ::tradewind_grpc::Rpc<{input_type}, {output_type}> = \
                 ::tradewind_grpc::Rpc::{kind}({path:?});\n"
            ));
        }
    }
}

/// The code of each package, by the path of its file.
fn generated() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (base, file) in sources("proto") {
        let descriptor = compiled(&base, &file);
        let module = Module::from_protobuf_package_name(descriptor.package());
        let mut config = Config::new();
        config.service_generator(Box::new(Constants)).btree_map(["."]);
        let made = config.generate(vec![(module, descriptor.clone())]).unwrap();
        let text = made.into_values().collect::<String>();
        let base = base.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        files.insert(format!("{base}/{}.rs", descriptor.package()), text);
    }
    files
}

#[test]
fn the_code_that_is_committed_is_made_of_the_proto_files() {
    let files = generated();
    assert!(!files.is_empty());
    for (path, text) in &files {
        if std::env::var_os("TRADEWIND_BLESS").is_some() {
            write(path, text);
        }
        let kept = fs::read_to_string(root().join(path)).unwrap_or_default();
        assert_eq!(kept, *text, "{path} is out of date. Run `{BLESS}`, read the changes and commit them.");
    }
}

/// Every method of the contracts' files, and every method that a door answers, but for those of gRPC itself.
#[test]
fn every_method_is_answered_and_every_answered_method_is_promised() {
    let mut promised = BTreeSet::new();
    for (base, file) in sources("proto") {
        let descriptor = compiled(&base, &file);
        for service in &descriptor.service {
            let path = |method: &str| format!("/{}.{}/{method}", descriptor.package(), service.name());
            promised.extend(service.method.iter().map(|method| path(method.name())));
        }
    }
    let doors = services().iter().flat_map(|service| service.description().doors.clone()).collect::<Vec<_>>();
    let answered: BTreeSet<String> = doors.into_iter().flat_map(|door| door.rpcs).collect();
    assert!(promised.len() >= 5, "{promised:?}");
    assert_eq!(answered, promised);
}

#[test]
fn what_the_last_release_promised_is_kept() {
    let mut found = Vec::new();
    for (base, file) in sources("released/proto") {
        let old = compiled(&base, &file);
        let contract = base.parent().and_then(Path::parent).unwrap();
        let now = contract.join("proto").join(file.strip_prefix(&base).unwrap());
        assert!(now.exists(), "{} is promised, and gone", file.display());
        let findings = compare_protos(&old, &compiled(&contract.join("proto"), &now));
        found.extend(findings.into_iter().map(|finding| format!("{}: {finding}", file.display())));
    }
    assert!(found.is_empty(), "the last release promised otherwise:\n{}", found.join("\n"));
    if std::env::var_os("TRADEWIND_RELEASE").is_some() {
        for (base, file) in sources("proto") {
            let inside = file.strip_prefix(&base).unwrap();
            let to = base.parent().unwrap().join("released/proto").join(inside);
            let path = to.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            write(&path, &fs::read_to_string(&file).unwrap());
        }
    }
}

#[test]
fn each_change_that_breaks_somebody_is_refused() {
    const OLD: &str = "service S { rpc Get(Q) returns (A) { option idempotency_level = NO_SIDE_EFFECTS; } }
        message Q { reserved 5; } message A { string name = 1; repeated int64 amounts = 2; optional bool on = 3; }
        enum E { E_NONE = 0; E_ONE = 1; }";
    let cases: [(&str, &str, &[&str]); 16] = [
        ("message A {", "message A { string note = 4;", &[]),
        ("string name = 1;", "reserved 1; reserved \"name\";", &[]),
        ("E_ONE = 1;", "E_ONE = 1; E_TWO = 2;", &[]),
        ("service S {", "service S { rpc Put(Q) returns (A);", &[]),
        ("string name = 1;", "", &["A.name"]),
        ("string name = 1;", "reserved 1;", &["A.name"]),
        ("string name = 1;", "string name = 4;", &["A.name"]),
        ("string name = 1;", "string title = 1;", &["A.name"]),
        ("string name = 1;", "bytes name = 1;", &["A.name"]),
        ("repeated int64", "int64", &["A.amounts"]),
        ("optional bool", "bool", &["A.on"]),
        ("reserved 5;", "string again = 5;", &["Q.again"]),
        ("reserved 5;", "", &["Q"]),
        ("E_ONE = 1;", "E_ONE = 2;", &["E.E_ONE"]),
        ("option idempotency_level = NO_SIDE_EFFECTS;", "", &["S.Get"]),
        ("rpc Get(Q) returns (A)", "rpc Get(A) returns (A)", &["S.Get"]),
    ];
    let old = parsed(OLD);
    assert_eq!(compare_protos(&old, &old).len(), 0);
    for (from, to, expected) in cases {
        let text = OLD.replace(from, to);
        assert_ne!(text, OLD, "{from}");
        let found = compare_protos(&old, &parsed(&text));
        let places: Vec<&str> = found.iter().map(|finding| finding.pointer.as_str()).collect();
        assert_eq!(places, expected, "{from} → {to}: {found:?}");
    }
    for gone in ["service S", "message A", "enum E"] {
        let text = OLD.replace(gone, &format!("{gone}2")).replace("(A)", "(Q)");
        assert!(!compare_protos(&old, &parsed(&text)).is_empty(), "{gone}");
    }
}
