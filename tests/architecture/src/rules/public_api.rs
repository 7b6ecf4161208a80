//! The platform's public API speaks std, `http`, `bytes`, `serde`, `tower` and its own types; what lies below
//! can change.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, TraitItem, Visibility};

use crate::mention::use_leaves;
use crate::violation::tidy;
use crate::{Ring, Source, Violation, Workspace};

/// Crates whose types may appear.
const WELCOME: [&str; 7] = ["std", "core", "alloc", "http", "bytes", "serde", "tower"];

/// Single types of other crates that may appear.
const WELCOME_TYPES: [&str; 3] =
    ["serde_json::Value", "serde_json::value::Value", "serde_json::value::RawValue"];

/// Places where a foreign type stays, each with its reason: the file, the path as resolved, why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Foreign types in what platform crates make public.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in workspace.ring(Ring::Platform) {
        let crates =
            member.manifest.dependencies.iter().map(|dependency| dependency.extern_name.clone()).collect();
        for source in workspace.shipped().filter(|source| source.member == member.folder) {
            found.extend(in_source(source, &crates));
        }
    }
    tidy(found)
}

fn in_source(source: &Source, crates: &BTreeSet<String>) -> Vec<Violation> {
    let mut surface = Surface::default();
    surface.items(&source.tree.items);
    let mut found = Vec::new();
    for (segments, line) in surface.paths.iter().filter(|(_, line)| !source.is_test_line(*line)) {
        let full = source.resolve(segments);
        let Some(first) = full.first().filter(|first| crates.contains(*first)) else {
            continue;
        };
        let name = full.join("::");
        let welcome = WELCOME.contains(&first.as_str()) || first.starts_with("tradewind_");
        let excepted =
            EXCEPTIONS.iter().any(|(path, path_name, _)| *path == source.path && *path_name == name);
        if !welcome && !excepted && !WELCOME_TYPES.contains(&name.as_str()) {
            let instead = "wrap it in a type of the platform, or list it in EXCEPTIONS with a reason";
            found.push(Violation::new(
                &source.path,
                *line,
                format!("{name} is part of the public API"),
                instead,
            ));
        }
    }
    found
}

/// The paths that a file's public items show, with their lines.
#[derive(Default)]
struct Surface {
    paths: Vec<(Vec<String>, usize)>,
}

impl Surface {
    fn items(&mut self, items: &[Item]) {
        items.iter().for_each(|item| self.item(item));
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Fn(item) if shown(&item.vis, &item.attrs) => self.visit_signature(&item.sig),
            Item::Struct(item) if shown(&item.vis, &item.attrs) => {
                self.visit_generics(&item.generics);
                self.fields(&item.fields);
            }
            Item::Enum(item) if shown(&item.vis, &item.attrs) => {
                self.visit_generics(&item.generics);
                item.variants.iter().flat_map(|v| &v.fields).for_each(|field| self.visit_type(&field.ty));
            }
            Item::Type(item) if shown(&item.vis, &item.attrs) => self.visit_type(&item.ty),
            Item::Const(item) if shown(&item.vis, &item.attrs) => self.visit_type(&item.ty),
            Item::Static(item) if shown(&item.vis, &item.attrs) => self.visit_type(&item.ty),
            Item::Trait(item) if shown(&item.vis, &item.attrs) => self.trait_item(item),
            Item::Impl(item) if item.trait_.is_none() && !hidden(&item.attrs) => self.methods(&item.items),
            Item::Use(item) if shown(&item.vis, &item.attrs) => {
                let leaves = use_leaves(&item.tree).into_iter();
                self.paths.extend(leaves.map(|leaf| (leaf.segments, leaf.line)));
            }
            Item::Mod(item) if !hidden(&item.attrs) => {
                item.content.iter().for_each(|(_, items)| self.items(items));
            }
            _ => {}
        }
    }

    fn fields(&mut self, fields: &syn::Fields) {
        let public = fields.iter().filter(|field| shown(&field.vis, &field.attrs));
        public.for_each(|field| self.visit_type(&field.ty));
    }

    fn trait_item(&mut self, item: &syn::ItemTrait) {
        self.visit_generics(&item.generics);
        item.supertraits.iter().for_each(|bound| self.visit_type_param_bound(bound));
        for inner in &item.items {
            match inner {
                TraitItem::Fn(function) if !hidden(&function.attrs) => self.visit_signature(&function.sig),
                TraitItem::Type(ty) => ty.bounds.iter().for_each(|bound| self.visit_type_param_bound(bound)),
                TraitItem::Const(constant) => self.visit_type(&constant.ty),
                _ => {}
            }
        }
    }

    fn methods(&mut self, items: &[ImplItem]) {
        for item in items {
            match item {
                ImplItem::Fn(item) if shown(&item.vis, &item.attrs) => self.visit_signature(&item.sig),
                ImplItem::Const(item) if shown(&item.vis, &item.attrs) => self.visit_type(&item.ty),
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Surface {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let line = path.segments.first().map_or(1, |first| first.ident.span().start().line);
        self.paths.push((segments, line));
        visit::visit_path(self, path);
    }

    // Attributes and argument patterns are no part of a type.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
}

fn shown(visibility: &Visibility, attributes: &[Attribute]) -> bool {
    matches!(visibility, Visibility::Public(_)) && !hidden(attributes)
}

/// `#[doc(hidden)]`: reachable for an exported macro, promised to nobody.
fn hidden(attributes: &[Attribute]) -> bool {
    let words = |attribute: &Attribute| attribute.meta.require_list().map(|list| list.tokens.to_string());
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("doc") && words(attribute).is_ok_and(|w| w == "hidden"))
}
