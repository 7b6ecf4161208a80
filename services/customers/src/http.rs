//! Doors: decode, call one action or query, encode.

use std::sync::Arc;

use tradewind_audit::{Entry, Noted};
use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_customers_contract::{Account, CustomerId, RegisterCustomer, SERVICE, SetCreditLimit};
use tradewind_kernel::{Id, Page, PageRequest, Principal};
use tradewind_problem::{FORBIDDEN, INVALID_PARAMETER, NOT_FOUND, Problem};

use crate::actions::credit_invoice::CreditInvoice;
use crate::actions::invoice::Invoice;
use crate::actions::register::Register;
use crate::actions::set_credit_limit::SetLimit;
use crate::state::Customers;
use crate::{error, store};

pub(crate) fn public() -> Routes<Customers> {
    Routes::new()
        .get("/api/customers/v1/me", me)
        .describe(
            operation("Show the caller's account")
                .bearer()
                .answers::<Account>(200)
                .problems(&[FORBIDDEN, NOT_FOUND]),
        )
        .get("/api/customers/v1/admin/customers", list)
        .describe(
            operation("List accounts; for staff")
                .bearer()
                .query::<PageRequest>()
                .answers::<Page<Account>>(200)
                .problems(&[FORBIDDEN]),
        )
        .get("/api/customers/v1/admin/customers/{id}", show)
        .describe(
            operation("Show an account; for staff")
                .bearer()
                .parameter::<CustomerId>("id")
                .answers::<Account>(200)
                .problems(&[FORBIDDEN]),
        )
        .put("/api/customers/v1/admin/customers/{id}/credit-limit", set_credit_limit_as_admin)
        .describe(
            changing("Change a credit limit; for admins")
                .bearer()
                .takes::<SetCreditLimit>()
                .answers::<Account>(200)
                .problems(&[FORBIDDEN]),
        )
}

pub(crate) fn internal() -> Routes<Customers> {
    Routes::new()
        .put("/admin/customers/{id}", register)
        .describe(changing("Make a customer known").takes::<RegisterCustomer>().answers_nothing())
        .put("/admin/customers/{id}/credit-limit", set_credit_limit)
        .describe(changing("Change a credit limit").takes::<SetCreditLimit>().answers::<Account>(200))
        .put("/admin/invoices/{order_id}", invoice)
        .describe(
            of_order("Turn the credit that an order has reserved into a debt; again: nothing more")
                .answers_nothing()
                .problems(&[error::NO_CREDIT_RESERVED]),
        )
        .delete("/admin/invoices/{order_id}", credit_invoice)
        .describe(
            of_order("Take the debt of an order back and let go of what it has reserved, for good")
                .answers_nothing(),
        )
}

fn of_order(summary: &'static str) -> Operation {
    operation(summary).parameter::<Id>("order_id")
}

fn changing(summary: &'static str) -> Operation {
    operation(summary).parameter::<CustomerId>("id").command()
}

async fn me(customers: Arc<Customers>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id = call.require_user()?;
    let account = store::find(&customers.db, id.into()).await?;
    Reply::ok(&account.ok_or_else(error::no_account)?)
}

async fn list(customers: Arc<Customers>, call: Call) -> Result<Reply, Problem> {
    call.require_staff()?;
    let asked: PageRequest = call.query()?;
    let wrong = |name: &str, detail: &str| {
        Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
    };
    let limit = asked.bounded_limit().ok_or_else(|| wrong("limit", "ask for 1 to 200 items"))?;
    let after = asked.after.as_deref().map_or(Ok(Id::from_u128(0)), str::parse::<Id>);
    let after = after.map_err(|_| wrong("after", "send the next mark of the page before"))?;
    let found = store::page(&customers.db, after, limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |account| account.customer_id.to_string()))
}

async fn show(customers: Arc<Customers>, call: Call) -> Result<Reply, Problem> {
    call.require_staff()?;
    call.no_query()?;
    let account = store::find(&customers.db, call.parameter("id")?).await?;
    Reply::ok(&account.ok_or_else(error::no_account)?)
}

/// Staff that may not is written down: whoever works here and tries is known.
async fn set_credit_limit_as_admin(customers: Arc<Customers>, call: Call) -> Result<Reply, Problem> {
    if let Err(problem) = call.require_admin() {
        if matches!(call.context().principal, Principal::Staff(_)) {
            let id: CustomerId = call.parameter("id")?;
            let entry = Entry::new("customers.credit-limit-set", "customer", &id).refused(problem.code());
            customers.db.write(call.context(), Noted::new(SERVICE, entry)).await?;
        }
        return Err(problem);
    }
    set_credit_limit(customers, call).await
}

async fn register(customers: Arc<Customers>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id = call.parameter("id")?;
    let customer: RegisterCustomer = call.json().await?;
    call.command(&customers.db, Register { id, customer }).await
}

async fn set_credit_limit(customers: Arc<Customers>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id = call.parameter("id")?;
    let SetCreditLimit { limit } = call.json().await?;
    call.command(&customers.db, SetLimit { id, limit }).await
}

async fn invoice(customers: Arc<Customers>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let order = call.parameter("order_id")?;
    call.no_body().await?;
    customers.db.write(call.context(), Invoice { order }).await
}

async fn credit_invoice(customers: Arc<Customers>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let order = call.parameter("order_id")?;
    call.no_body().await?;
    Ok(customers.db.write(call.context(), CreditInvoice { order }).await?)
}
