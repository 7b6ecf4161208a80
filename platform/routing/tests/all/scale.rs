//! That a look-up does not become dearer with the number of rules, counted rather than timed.

use crate::support::{get, leads, route, rule, table};

/// 10,000 rules over 625 routes: what is found is what was put there, and nothing else.
#[test]
fn ten_thousand_rules_each_lead_where_they_say() {
    let mut text = String::new();
    for number in 0..625 {
        let rules: String = (0..16)
            .map(|index| {
                rule(&format!("{{path: {{value: /r{number}/p{index}}}}}"), &format!("s{number}-{index}"))
            })
            .collect();
        text.push_str(&route(&format!("r{number}"), &format!("rules:\n{rules}")));
    }
    let table = table(&text);
    assert_eq!(table.rules().count(), 10_000);
    for number in (0..625).step_by(13) {
        for index in 0..16 {
            leads(&table, &get(&format!("/r{number}/p{index}/x")), &format!("s{number}-{index}"));
        }
    }
    leads(&table, &get("/r625/p0"), "");
    leads(&table, &get("/r0/p16"), "");
}
