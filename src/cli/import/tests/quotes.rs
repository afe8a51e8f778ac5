//! Quotes in CSV that somebody forgot to close.

use super::*;

#[test]
fn a_quote_that_is_never_closed_takes_no_rows_with_it() {
    let case = Case::file(
        "list.csv",
        "sender,recipient,status,occurred_at,disclosure_text\n\
         15550001111,16505551234,opted_out,2025-01-01,\"Receive offers\n\
         15550001111,16505551235,opted_out,2025-01-01,\n\
         15550001111,16505551236,opted_out,2025-01-01,\n",
    );
    let ran = case.import(&[]);
    assert_eq!(ran.exit, Exit::No, "{ran:?}");
    assert!(case.fake.calls().is_empty());
}

#[test]
fn quotes_that_take_the_rows_up_to_the_next_quote_are_found_too() {
    let case = Case::file(
        "list.csv",
        "sender,recipient,status,occurred_at,disclosure_text\n\
         15550001111,16505551234,opted_in,2025-01-01,\"Receive offers\n\
         15550001111,16505551235,opted_out,2025-01-01,\n\
         15550001111,16505551236,opted_in,2025-01-01,\"Receive offers\n",
    );
    let ran = case.import(&[]);
    assert_eq!(ran.exit, Exit::No, "{ran:?}");
    assert!(case.fake.calls().is_empty());
    let sound = Case::file(
        "list.csv",
        "sender,recipient,status,occurred_at,keyword\n\
         15550001111,16505551235,opted_out,2025-01-01,\"please\nstop \"\"now\"\"\"\n",
    );
    assert_eq!(sound.import(&[]).exit, Exit::Yes);
}
