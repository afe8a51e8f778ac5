//! What can happen to a message, and what is counted of it.

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happened {
    /// The platform took it.
    Sent,
    /// It reached a device.
    Delivered,
    /// It was read.
    Read,
    /// It failed.
    Failed(FailureClass),
    /// The person blocked the sender after it.
    Blocked,
    /// The person reported the sender after it.
    Reported,
}

/// Why messages fail, as far as it tells who has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureClass {
    /// A limit of rate or a fault of the platform: the same message may be sent a little later.
    RetrySoon,
    /// The platform held it back for the person's sake (131049).
    CoolOff,
    /// The person does not want marketing (131050).
    OptedOut,
    /// The customer service window was closed (131047).
    WindowClosed,
    /// It cannot reach the person (131026 and others).
    Undeliverable,
    /// The account or number is in trouble.
    Sender,
    /// The template is in trouble.
    Template,
    /// Anything else.
    Other,
}

impl FailureClass {
    /// Every class.
    pub const ALL: [Self; 8] = [
        Self::RetrySoon,
        Self::CoolOff,
        Self::OptedOut,
        Self::WindowClosed,
        Self::Undeliverable,
        Self::Sender,
        Self::Template,
        Self::Other,
    ];

    /// Its name in metrics and answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RetrySoon => "retry_soon",
            Self::CoolOff => "cool_off",
            Self::OptedOut => "opted_out",
            Self::WindowClosed => "window_closed",
            Self::Undeliverable => "undeliverable",
            Self::Sender => "sender",
            Self::Template => "template",
            Self::Other => "other",
        }
    }

    /// The class of the platform's error code; 0 is none that is known.
    #[must_use]
    pub const fn of_code(code: u32) -> Self {
        match code {
            4 | 80_007 | 130_429 | 131_000 | 131_016 | 131_056 | 131_057 => Self::RetrySoon,
            131_049 => Self::CoolOff,
            131_050 => Self::OptedOut,
            131_047 => Self::WindowClosed,
            131_026 | 131_051 | 131_030 | 131_062 | 131_063 | 130_472 | 130_497 | 137_000 => {
                Self::Undeliverable
            }
            131_048 | 131_064 | 131_031 | 368 | 131_042 | 131_045 | 131_037 => Self::Sender,
            132_000..=132_999 => Self::Template,
            _ => Self::Other,
        }
    }
}

/// A number that is kept of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counter {
    /// Messages that the platform took.
    Sent,
    /// Messages that reached a device.
    Delivered,
    /// Messages that were read.
    Read,
    /// People who blocked the sender.
    Blocked,
    /// People who reported the sender.
    Reported,
    /// Messages that failed.
    Failed(FailureClass),
}

impl Counter {
    /// How many there are.
    pub const COUNT: usize = 5 + FailureClass::ALL.len();

    /// Every counter, in the order of their places.
    #[must_use]
    pub fn all() -> [Self; Self::COUNT] {
        let mut all = [Self::Sent; Self::COUNT];
        let named = [Self::Sent, Self::Delivered, Self::Read, Self::Blocked, Self::Reported];
        let failed = FailureClass::ALL.into_iter().map(Self::Failed);
        for (place, counter) in all.iter_mut().zip(named.into_iter().chain(failed)) {
            *place = counter;
        }
        all
    }

    /// Its name in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Blocked => "blocked",
            Self::Reported => "reported",
            Self::Failed(_) => "failed",
        }
    }

    /// Its place among all.
    #[must_use]
    pub const fn place(self) -> usize {
        match self {
            Self::Sent => 0,
            Self::Delivered => 1,
            Self::Read => 2,
            Self::Blocked => 3,
            Self::Reported => 4,
            Self::Failed(class) => 5 + class as usize,
        }
    }
}

/// The things that happened to a message, each at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct Statuses(u8);

impl Statuses {
    const SENT: u8 = 1;
    const DELIVERED: u8 = 2;
    const READ: u8 = 4;
    const FAILED: u8 = 8;
    const BLOCKED: u8 = 16;
    const REPORTED: u8 = 32;

    /// What an event proves: what was read was delivered, and what was delivered was sent, whatever was not told of it.
    #[must_use]
    pub const fn proven_by(happened: Happened) -> Self {
        Self(match happened {
            Happened::Sent => Self::SENT,
            Happened::Delivered => Self::SENT | Self::DELIVERED,
            Happened::Read => Self::SENT | Self::DELIVERED | Self::READ,
            Happened::Failed(_) => Self::FAILED,
            Happened::Blocked => Self::BLOCKED,
            Happened::Reported => Self::REPORTED,
        })
    }

    /// True when it is proven that the platform took the message.
    #[must_use]
    pub const fn proves_sent(self) -> bool {
        self.0 & Self::SENT != 0
    }

    /// From the bits a store kept; bits of a newer version are kept too, and mean nothing here.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits to store.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What of it another does not have.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// True when nothing happened.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What it adds to, a failure to its class.
    pub fn counters(self, class: FailureClass) -> impl Iterator<Item = Counter> {
        let counters = [
            (Self::SENT, Counter::Sent),
            (Self::DELIVERED, Counter::Delivered),
            (Self::READ, Counter::Read),
            (Self::FAILED, Counter::Failed(class)),
            (Self::BLOCKED, Counter::Blocked),
            (Self::REPORTED, Counter::Reported),
        ];
        counters.into_iter().filter(move |(bit, _)| self.0 & bit != 0).map(|(_, counter)| counter)
    }
}
