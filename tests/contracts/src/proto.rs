//! The comparison of two versions of a `.proto` file.

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, ServiceDescriptorProto,
};

use crate::compare::{Finding, KEEP};

/// What in the file `new` breaks what `old` promised, to those who call and to those who kept bytes.
///
/// A number that was given to a field means this field for ever: it stays as it is, or it is reserved with its name.
/// Services and methods only become more.
pub fn compare_protos(old: &FileDescriptorProto, new: &FileDescriptorProto) -> Vec<Finding> {
    let mut found = Vec::new();
    if old.package() != new.package() {
        found.push(refused(
            "package",
            format!("it was {}", old.package()),
            "keep it: it is part of every path",
        ));
    }
    for before in &old.service {
        match new.service.iter().find(|now| now.name() == before.name()) {
            Some(now) => found.extend(service(before, now)),
            None => found.push(refused(before.name(), "the service is gone", KEEP)),
        }
    }
    found.extend(messages("", &old.message_type, &new.message_type));
    found.extend(enums("", &old.enum_type, &new.enum_type));
    found
}

fn refused(at: &str, what: impl Into<String>, instead: &str) -> Finding {
    Finding { pointer: at.to_owned(), what: what.into(), instead: instead.to_owned() }
}

fn service(old: &ServiceDescriptorProto, new: &ServiceDescriptorProto) -> Vec<Finding> {
    let mut found = Vec::new();
    for before in &old.method {
        let at = format!("{}.{}", old.name(), before.name());
        let Some(now) = new.method.iter().find(|now| now.name() == before.name()) else {
            found.push(refused(&at, "the method is gone", KEEP));
            continue;
        };
        let types = |method: &prost_types::MethodDescriptorProto| {
            let streams = (method.client_streaming(), method.server_streaming());
            (method.input_type().to_owned(), method.output_type().to_owned(), streams)
        };
        if types(before) != types(now) {
            found.push(refused(&at, "it takes or answers something else", "add a method beside it"));
        }
        let level = |method: &prost_types::MethodDescriptorProto| {
            method.options.as_ref().map_or(0, |options| options.idempotency_level() as i32)
        };
        if level(before) != 0 && level(before) != level(now) {
            found.push(refused(&at, "callers repeat it, and may not any more", "keep its idempotency_level"));
        }
    }
    found
}

fn messages(within: &str, old: &[DescriptorProto], new: &[DescriptorProto]) -> Vec<Finding> {
    let mut found = Vec::new();
    for before in old {
        let at = format!("{within}{}", before.name());
        let Some(now) = new.iter().find(|now| now.name() == before.name()) else {
            found.push(refused(&at, "the message is gone", KEEP));
            continue;
        };
        for field in &before.field {
            found.extend(kept(&at, field, now));
        }
        for range in &before.reserved_range {
            let numbers = range.start()..range.end();
            for field in now.field.iter().filter(|field| numbers.contains(&field.number())) {
                let at = format!("{at}.{}", field.name());
                found.push(refused(&at, "its number was reserved", "take a number that was never used"));
            }
            if !numbers.clone().all(|number| is_used_or_reserved(now, number)) {
                found.push(refused(&at, format!("{numbers:?} is no longer reserved"), KEEP));
            }
        }
        found.extend(messages(&format!("{at}."), &before.nested_type, &now.nested_type));
        found.extend(enums(&format!("{at}."), &before.enum_type, &now.enum_type));
    }
    found
}

fn kept(message: &str, before: &FieldDescriptorProto, now: &DescriptorProto) -> Option<Finding> {
    let at = format!("{message}.{}", before.name());
    let shape = |field: &FieldDescriptorProto| {
        let presence = (field.label(), field.proto3_optional(), field.oneof_index.is_some());
        (field.name().to_owned(), field.r#type(), field.type_name().to_owned(), presence)
    };
    let field = now.field.iter().find(|field| field.number() == before.number());
    match field {
        Some(field) if shape(field) == shape(before) => None,
        Some(_) => {
            let what = format!("the number {} means another field or type", before.number());
            Some(refused(&at, what, "add a field with a number that was never used"))
        }
        None if is_reserved(now, before) => None,
        None => Some(refused(&at, "the field is gone", "reserve its number and its name")),
    }
}

fn is_used_or_reserved(message: &DescriptorProto, number: i32) -> bool {
    message.field.iter().any(|field| field.number() == number) || has_reserved(message, number)
}

fn has_reserved(message: &DescriptorProto, number: i32) -> bool {
    message.reserved_range.iter().any(|range| (range.start()..range.end()).contains(&number))
}

fn is_reserved(message: &DescriptorProto, field: &FieldDescriptorProto) -> bool {
    has_reserved(message, field.number()) && message.reserved_name.iter().any(|name| name == field.name())
}

fn enums(within: &str, old: &[EnumDescriptorProto], new: &[EnumDescriptorProto]) -> Vec<Finding> {
    let mut found = Vec::new();
    for before in old {
        let at = format!("{within}{}", before.name());
        let Some(now) = new.iter().find(|now| now.name() == before.name()) else {
            found.push(refused(&at, "the enum is gone", KEEP));
            continue;
        };
        for value in &before.value {
            let same = |now: &&prost_types::EnumValueDescriptorProto| {
                now.number() == value.number() && now.name() == value.name()
            };
            if !now.value.iter().any(|now| same(&now)) {
                found.push(refused(
                    &format!("{at}.{}", value.name()),
                    "the value is gone or renumbered",
                    KEEP,
                ));
            }
        }
    }
    found
}
