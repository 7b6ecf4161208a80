//! What nobody gets through by in any form of any page: each value that somebody could think of in each field, forms that
//! no page of ours made, bodies that are no forms; and what is taken is shown harmless wherever it comes out again.
//!
//! A form that is not in `table` fails a test.

mod bodies;
mod covered;
mod forged;
mod german;
mod hostile;
mod markup;
mod shown;
mod table;
mod world;
