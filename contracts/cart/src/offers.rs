//! Coupons, promotions and rates of tax, as staff set them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Slug, Timestamp};

use crate::{BasisPoints, Country};

/// Makes a coupon or changes it: `PUT /admin/coupons/{code}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetCoupon {
    /// How much it takes off.
    pub discount: BasisPoints,
    /// How often it can be redeemed, 0 to 1,000,000,000; without end when nothing is said. Never less than it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub limit: Option<u32>,
    /// From when on quotes take it into account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// From when on quotes take it into account no more; one that did holds until it expires itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// A coupon: `GET /admin/coupons/{code}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Coupon {
    /// Its code.
    pub code: Slug,
    /// How much it takes off.
    pub discount: BasisPoints,
    /// How often it can be redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How often it is: by orders that are completed or may still be. Never more than the limit.
    pub redeemed: u32,
    /// From when on quotes take it into account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// From when on they do no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// Makes a promotion or changes it: `PUT /admin/promotions/{name}`, internal door. It needs no code; of several in force
/// the greatest counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPromotion {
    /// How much it takes off; 0 ends it.
    pub discount: BasisPoints,
    /// From when on quotes take it into account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// From when on quotes take it into account no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// A promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Promotion {
    /// Its name.
    pub name: Slug,
    /// How much it takes off.
    pub discount: BasisPoints,
    /// From when on quotes take it into account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// From when on they do no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// Sets the rate of tax of a country, and that goods go there: `PUT /admin/taxes/{country}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetTax {
    /// The rate; quotes that were made keep theirs.
    pub rate: BasisPoints,
}

/// The rate of tax of a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaxRate {
    /// The country.
    pub country: Country,
    /// The rate.
    pub rate: BasisPoints,
}
