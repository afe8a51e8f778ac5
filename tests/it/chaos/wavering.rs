//! People who say yes and no in turn, told to one sidecar, while the others are asked about them all the time: whoever
//! remembers a yes too long is found out.

use std::time::Duration;

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    calls::Caller,
    doors::Moment,
    draw::Draw,
    history::{Ask, Fresh, Statement},
    world::SIDECARS,
};

/// How often each other sidecar is asked: whoever asks does not wait for who asked before.
const EVERY: Duration = Duration::from_millis(25);
/// After a no, until well beyond the time for which a sidecar may go on from memory.
const AFTER: Duration = Duration::from_millis(750);

/// Longer than a moment takes to come.
const COMING: Duration = Duration::from_secs(3);

/// Tells and asks about one person until it is told to end.
pub(crate) async fn waver(caller: Caller, person: usize, mut draw: Draw, ended: watch::Receiver<bool>) {
    let (mut asked, mut moments) = (JoinSet::new(), caller.doors.moments());
    let say = |yes| Statement { at: caller.people.time(person, false), yes, narrow: false, word: false };
    while !*ended.borrow() {
        let mut teller = draw.below(SIDECARS);
        let mut moment = *moments.borrow_and_update();
        if moment.coming {
            teller = elsewhere(teller, moment);
        }
        // A yes of which nothing is known may stand as well.
        caller.tell(teller, person, say(true)).await;
        // At times said back while the yes is being read, at times when it is long in memory, and at the right moment.
        let mut lasts = if draw.percent(50) { draw.millis(0, 40) } else { draw.millis(0, 1200) };
        loop {
            if moment.coming {
                lasts = COMING;
            }
            tokio::select! {
                () = ask_on(&caller, person, teller, lasts, &mut asked) => break,
                _ = moments.changed() => {
                    moment = *moments.borrow_and_update();
                    teller = elsewhere(teller, moment);
                }
            }
            if !moment.coming {
                break;
            }
        }
        if caller.tell(teller, person, say(false)).await.acknowledged() {
            tokio::select! {
                () = ask_on(&caller, person, teller, AFTER, &mut asked) => {}
                // Whoever is to remember a yes must be told one first.
                _ = moments.wait_for(|moment| moment.coming) => {}
            }
        }
        while asked.try_join_next().is_some() {}
    }
    asked.join_all().await;
}

/// Where something is told that a sidecar is not to hear.
fn elsewhere(teller: usize, moment: Moment) -> usize {
    if teller == moment.sidecar { (teller + 1) % SIDECARS } else { teller }
}

/// Asks all sidecars but one, again and again.
async fn ask_on(caller: &Caller, person: usize, but: usize, lasts: Duration, asked: &mut JoinSet<()>) {
    let until = Instant::now() + lasts;
    loop {
        for sidecar in (0..SIDECARS).filter(|sidecar| *sidecar != but) {
            let caller = caller.clone();
            asked.spawn(async move {
                caller.check(sidecar, person, Ask::Utility, Fresh::Memory).await;
            });
        }
        sleep(EVERY).await;
        if Instant::now() >= until {
            return;
        }
    }
}
