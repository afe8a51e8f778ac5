//! Short messages that begin with an unequivocal word and go on with something that no list knows.
//!
//! Vocabularies have no end. So a message of a few words that begins with a word of stopping, and that nothing reads more
//! clearly, may be a refusal: marketing is held and a person looks. What goes with such a word in everyday talk is known
//! better than all the ways to refuse: an article or a place behind it ("stop the car", "stop by"), and orders,
//! appointments and the like.

use std::{collections::HashSet, sync::LazyLock};

use super::fold::{self, Clause};
use super::table::without_courtesies;
use super::{Keywords, Operation};

/// Longest message, in words, that is looked at. In a longer one the word is likely about something else, and who
/// refuses in a sentence names what they refuse.
const MAX_WORDS: usize = 6;
/// Shortest word, in letters, of which longer ones are forms ("order", "orders").
const MIN_STEM: usize = 4;

/// Entries that begin ordinary sentences: "remove onions", "baja calidad", "rok temu" (a year ago), "cukup dua" (two are
/// enough), "ret edildi" (it was declined). They count alone, and in the phrases that are listed.
const ORDINARY: &str = "remove, remover, baja, pare, parar, detener, quit, revoke, rok, ret, dung, cukup, matikan, dnd, arret, \
    stoped, widerruf, abmeldung, tigil, बंद, बन्द, રોકો, বন্ধ, બંધ, وقف, прекратить, остановить, beenden";

/// What stands right behind the word where something else is to stop: articles, places, and what makes it no command.
const BEHIND: &str = "the, a, an, my, our, his, her, your, by, at, in, on, near, over, here, there, for, or, and, is, was, \
    off, sign, el, la, los, las, mi, al, en, de, del, o, os, as, um, uma, na, no, nas, nos, em, aqui, ali, meu, minha, le, \
    les, l, un, une, mon, ma, ici, der, die, das, den, dem, ein, eine, mein, meine, am, im, beim, bei, hier, vor, il, lo, i, \
    gli, qui, alla, het, een, mijn, bij, op, aan, di, ke, sini, dito, sa, na, در, है, हैं, था, את, τον, την, το, τη, у, на, в, \
    здесь, tu, tutaj, przy, burada";

/// Things that are ordered, agreed on, driven or treated.
const EVERYDAY: &str = "order, delivery, deliveries, shipment, shipping, parcel, package, appointment, booking, reservation, \
    car, bus, taxi, cab, driver, train, smoking, drinking, bleeding, pain, treatment, medicine, medication, pills, payment, \
    invoice, sign, watch, light, alarm, timer, music, \
    pedido, entrega, envio, cita, consulta, reserva, onibus, autobus, coche, carro, tratamiento, tratamento, dolor, dor, \
    remedio, pago, pagamento, factura, paquete, encomenda, \
    commande, livraison, colis, rendez, réservation, voiture, traitement, paiement, \
    bestellung, lieferung, paket, termin, buchung, behandlung, zahlung, vertrag, \
    ordine, consegna, appuntamento, prenotazione, macchina, pacco, bestelling, levering, afspraak, pakket, \
    заказ, достав, запис, брон, машин, такси, автобус, лечен, оплат, курьер, посылк, товар, \
    zamów, dostaw, wizyt, rezerw, samoch, przesył, paczk, kurier, płatnoś, \
    sipariş, kargo, teslimat, randevu, rezervasyon, ödeme, paket, παραγγελ, ραντεβο, \
    طلب, الطلب, طلبي, طلبيه, توصيل, التوصيل, موعد, الموعد, موعدي, حجز, الحجز, سياره, السياره, الدفع, \
    ऑर्डर, आर्डर, डिलीवरी, अपॉइंटमेंट, बुकिंग, दुकान, पार्सल, \
    pesanan, pengiriman, paket, kurir, janji, orderan, barang, הזמנ, משלוח, תור";

/// Words after which the person says what they do want.
const INSTEAD: &str = "only, just, solo, solamente, só, apenas, somente, nur, alleen, seulement, soltanto, только, tylko, sadece, cuma, hanya";

struct Words {
    ordinary: HashSet<String>,
    behind: HashSet<String>,
    everyday: Vec<String>,
    instead: HashSet<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    ordinary: folded(ORDINARY).collect(),
    behind: folded(BEHIND).collect(),
    everyday: folded(EVERYDAY).collect(),
    instead: folded(INSTEAD).collect(),
});

fn folded(list: &'static str) -> impl Iterator<Item = String> {
    super::words::entries(list).filter_map(fold::key)
}

/// True where a message is about something that people order, agree on or do, or about another way to reach them.
pub(super) fn is_everyday(clauses: &[Clause]) -> bool {
    let about = |token: &String| {
        let stem = |stem: &String| {
            token == stem || stem.chars().nth(MIN_STEM - 1).is_some() && token.starts_with(stem.as_str())
        };
        WORDS.instead.contains(token) || WORDS.everyday.iter().any(stem)
    };
    clauses.iter().flat_map(|clause| &clause.tokens).any(about)
}

impl Keywords {
    /// The word with which a short message begins to stop something that nobody knows.
    pub(super) fn loose(&self, clauses: &[Clause]) -> Option<String> {
        let words: usize = clauses.iter().map(|clause| clause.tokens.len()).sum();
        if words > MAX_WORDS || clauses.iter().any(|clause| clause.question) || is_everyday(clauses) {
            return None;
        }
        // What is left out of a long message may be anything.
        if clauses.iter().any(|clause| clause.tokens.iter().any(|token| token == fold::LEFT_OUT)) {
            return None;
        }
        clauses.iter().filter_map(without_courtesies).find_map(|clause| {
            let (first, rest) = clause.tokens.split_first()?;
            let harmless = rest.first().is_none_or(|next| WORDS.behind.contains(next));
            let strong = self.entry(first).filter(|e| e.operation == Operation::OptOut && !e.bare);
            (strong.is_some() && !harmless && !WORDS.ordinary.contains(first)).then(|| first.clone())
        })
    }
}
