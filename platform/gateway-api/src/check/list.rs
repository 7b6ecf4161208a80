//! Lists: how many items, and which of them may not stand there twice.

use super::{Report, check as check_value, wrong_type};
use crate::schema::{ListType, Schema};
use crate::yaml::{Node, Value};

pub(super) fn check(node: &Node, schema: &Schema, way: &str, report: &mut Report<'_>) {
    let Value::List(items) = &node.value else {
        return wrong_type(node, "a list", way, report);
    };
    let (least, most) = (schema.min_items.unwrap_or(0), schema.max_items.unwrap_or(usize::MAX));
    if !(least..=most).contains(&items.len()) {
        // Ten thousand items of a list that may have sixteen need not be looked at.
        return report.add(node.place, way, &bounds(least, schema.max_items));
    }
    if let Some(below) = &schema.items {
        for (index, item) in items.iter().enumerate() {
            check_value(item, below, &format!("{way}[{index}]"), report);
        }
    }
    twice(items, schema, way, report);
}

fn bounds(least: usize, most: Option<usize>) -> String {
    match most {
        Some(most) => format!("must have {least} to {most} items"),
        None => format!("must have at least {least} items"),
    }
}

fn twice(items: &[Node], schema: &Schema, way: &str, report: &mut Report<'_>) {
    if schema.list == ListType::Atomic {
        return;
    }
    for (index, item) in items.iter().enumerate() {
        let first = items.iter().take(index).position(|earlier| agree(earlier, item, schema));
        if let Some(first) = first {
            let what = match schema.list {
                ListType::Map => format!("has the same {} as", schema.list_keys.join(" and ")),
                ListType::Set | ListType::Atomic => "is the same as".to_owned(),
            };
            report.add(item.place, &format!("{way}[{index}]"), &format!("{what} `{way}[{first}]`"));
        }
    }
}

fn agree(one: &Node, other: &Node, schema: &Schema) -> bool {
    match schema.list {
        ListType::Atomic => false,
        ListType::Set => same(one, other),
        ListType::Map => schema.list_keys.iter().all(|key| match (field(one, key), field(other, key)) {
            (Some(one), Some(other)) => same(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }),
    }
}

fn field<'node>(node: &'node Node, key: &str) -> Option<&'node Node> {
    match &node.value {
        Value::Mapping(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node),
        _ => None,
    }
}

/// Keys and items of sets are scalars.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Text(one), Value::Text(other)) | (Value::Number(one), Value::Number(other)) => one == other,
        (Value::Boolean(one), Value::Boolean(other)) => one == other,
        _ => false,
    }
}
