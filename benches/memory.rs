//! Resident memory of the cache, beside what the bound in bytes counts for it.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a measurement that cannot be made says so")]

use std::{fs, sync::Arc};

use sendgate::{
    cache::{Bounds, Cache},
    model::{BusinessId, Event, OptIn, OptOut, Recipient, ScopeSet, SenderId, StatementId, Time, Voice},
    store::{ContactId, Loaded},
};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONTACTS: u64 = 1_000_000;

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a process has memory");
    let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
    kilobytes.expect("a number") * 1024
}

fn opted_in() -> Loaded {
    let mut loaded = Loaded { version: 1, ..Loaded::default() };
    loaded.record.business = Some(BusinessId::parse("acme").expect("a name"));
    let contact = &mut loaded.record.contact;
    contact.join(&Recipient::parse("+16505551234").expect("a number").identity());
    let opt_in = OptIn {
        at: Time::EPOCH,
        id: StatementId([1; 16]),
        expires_at: None,
        weak: sendgate::model::statement::Weak::default(),
        method: 1,
    };
    contact.apply(&Event::OptIn(Voice::Own, ScopeSet::everything(), opt_in));
    loaded
}

fn in_a_conversation() -> Loaded {
    let mut loaded = opted_in();
    let opt_out = OptOut { at: Time::EPOCH, id: StatementId([2; 16]), channel: 1 };
    let marketing = ScopeSet::category(sendgate::model::Category::Marketing);
    loaded.record.contact.apply(&Event::OptOut(Voice::Own, marketing, opt_out));
    loaded.windows = vec![(SenderId::parse("987654321012345").expect("a name"), Time::EPOCH)];
    loaded
}

/// Fills a cache with copies as the store would give them; the bytes of each, as measured and as counted.
fn fill(loaded: impl Fn() -> Loaded) -> (u64, u64) {
    let cache = Cache::new(Bounds { contacts: u64::MAX, memory: 1 << 40 });
    let before = resident();
    for name in 0..CONTACTS {
        // Spread as keyed hashes are.
        let spread = u128::from(name).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let id = ContactId(spread.to_be_bytes());
        cache.insert(id, cache.stamp(id), Arc::new(loaded()));
    }
    let count = cache.len();
    (resident().saturating_sub(before) / count, cache.bytes() / count)
}

type Make = fn() -> Loaded;

fn main() {
    let kinds: [(&str, Make); 3] = [
        ("nothing known", Loaded::default),
        ("one opt-in", opted_in),
        ("opt-in, opt-out, window", in_a_conversation),
    ];
    let wanted = std::env::args().nth(1).filter(|argument| !argument.starts_with('-'));
    for (name, make) in kinds {
        match &wanted {
            // Each in a process of its own: what one leaves behind would be counted for the next.
            None => {
                let program = std::env::current_exe().expect("a program");
                let done = std::process::Command::new(program).arg(name).status();
                assert!(done.expect("the program runs").success());
            }
            Some(wanted) if wanted == name => {
                let (measured, counted) = fill(make);
                println!(
                    "{name}: {measured} B resident per contact, {counted} B counted, {CONTACTS} contacts"
                );
            }
            Some(_) => {}
        }
    }
}
