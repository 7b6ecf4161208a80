//! Manifests inherit: one version, one edition, one set of lints, one place where a dependency's version
//! stands.

use syn::{AttrStyle, Attribute, Meta, Token, punctuated::Punctuated};

use crate::{Manifest, Member, Ring, Violation, Workspace};

/// Members that keep something of their own, carry a wrong name, or leave their API undocumented.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut found: Vec<_> = workspace.members.iter().flat_map(in_manifest).collect();
    found.extend(undocumented(workspace));
    found
}

fn in_manifest(member: &Member) -> Vec<Violation> {
    let mut found = not_inherited(&member.manifest);
    let (is, should) = (member.manifest.package_name().unwrap_or_default(), package_name(member));
    if is != should {
        let line = member.manifest.package_line("name");
        let instead = format!("call it \"{should}\", after its folder");
        found.push(Violation::new(
            &member.manifest.path,
            line,
            format!("the package is called \"{is}\""),
            instead,
        ));
    }
    found
}

fn not_inherited(manifest: &Manifest) -> Vec<Violation> {
    let report = |line, what: &str, instead: &str| {
        Violation::new(&manifest.path, line, format!("{what} not inherited"), instead)
    };
    let mut found = Vec::new();
    for key in ["version", "edition"].iter().filter(|key| !manifest.inherits(key)) {
        let instead = format!("write `{key}.workspace = true`");
        found.push(report(manifest.package_line(key), &format!("{key} is"), &instead));
    }
    if !manifest.inherits_lints() {
        found.push(report(1, "the workspace's lints are", "write `[lints]` with `workspace = true`"));
    }
    for dependency in manifest.dependencies.iter().filter(|dependency| !dependency.inherited) {
        let instead = "put it into the root's [workspace.dependencies] and write `workspace = true`";
        found.push(report(dependency.line, &format!("{} is", dependency.package), instead));
    }
    found
}

fn package_name(member: &Member) -> String {
    match (member.ring, member.name()) {
        (Ring::Apps, "tradewind") => "tradewind".to_owned(),
        (Ring::Contracts, name) => format!("tradewind-{name}-contract"),
        (Ring::Examples, name) => format!("tradewind-example-{name}"),
        (_, name) => format!("tradewind-{name}"),
    }
}

fn undocumented(workspace: &Workspace) -> Vec<Violation> {
    let public = workspace.ring(Ring::Platform).chain(workspace.ring(Ring::Contracts));
    let mut found = Vec::new();
    for path in public.map(|member| format!("{}/src/lib.rs", member.folder)) {
        let library = workspace.sources.iter().find(|source| source.path == path);
        if !library.is_some_and(|source| source.tree.attrs.iter().any(asks_for_docs)) {
            let what = "missing documentation goes unnoticed";
            found.push(Violation::new(&path, 1, what, "write `#![warn(missing_docs)]`"));
        }
    }
    found
}

fn asks_for_docs(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    let level = list.path.is_ident("warn") || list.path.is_ident("deny") || list.path.is_ident("forbid");
    let lints = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default();
    let inner = matches!(attribute.style, AttrStyle::Inner(_));
    inner && level && lints.iter().any(|lint| lint.path().is_ident("missing_docs"))
}
