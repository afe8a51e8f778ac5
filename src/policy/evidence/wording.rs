//! Reading the wording of an opt-in request: what it names. Whole words, case and accents folded, several languages;
//! a word list can miss, so what it does not find is a finding, and only what it does find can refuse.

use std::fmt;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::model::Category;

const MARKETING: &str = "ad ads advert adverts advertising campaign campaigns coupon coupons deal deals discount discounts \
    launches marketing newsletter newsletters offer offers promo promos promotion promotions promotional \
    recommendation recommendations sale sales vouchers \
    ofertas oferta promocoes promocao promocionais descontos desconto novidades cupons lancamentos \
    promociones promocion promocionales descuentos novedades cupones \
    offres offre promotionnelles remises nouveautes soldes \
    angebote rabatte werbung aktionen neuigkeiten gutscheine \
    offerte promozioni sconti novita aanbiedingen kortingen acties \
    publicite publicites publicidade publicidad pubblicita reclame reklam reklama реклама рекламу \
    kampanya kampanyalar indirim indirimler firsatlar promosi penawaran diskon акции скидки предложения عروض خصومات";

const UTILITY: &str = "account accounts appointment appointments bill bills billing booking bookings delivery deliveries \
    invoice invoices order orders payment payments purchase purchases receipt receipts reminder reminders reservation \
    reservations shipment shipments shipping statement statements support ticket tickets tracking transaction \
    transactions transactional utility \
    pedido pedidos entrega entregas agendamento agendamentos consulta consultas lembrete lembretes conta pagamento \
    pagamentos fatura faturas rastreamento compra compras \
    envio envios cita citas reserva reservas recordatorio recordatorios cuenta pago pagos factura facturas \
    commande commandes livraison livraisons rendez rappel rappels compte paiement paiements facture factures \
    bestellung bestellungen lieferung lieferungen termin termine erinnerung erinnerungen konto rechnung rechnungen \
    versand zahlung zahlungen ordine ordini consegna consegne appuntamento appuntamenti pagamento bestelling \
    bestellingen levering afspraak siparis siparisler teslimat randevu pesanan pengiriman tagihan заказ заказы заказе \
    доставка доставке طلب طلبات توصيل";

const AUTHENTICATION: &str = "authentication code codes login otp otps passcode passcodes password passwords pin \
    verification codigo codigos senha senhas autenticacao verificacao contrasena contrasenas autenticacion \
    verificacion verification authentification passwort passworter anmeldung codice codici kod kodu kode sandi код коды \
    пароль رمز رموز";

/// Words that promise messages without saying of what kind: they count as utility, and refuse nothing.
const VAGUE: &str = "alert alerts information messages message news notification notifications update updates \
    communications atualizacao atualizacoes mensagens mensagem notificacoes avisos informacoes actualizaciones mensajes \
    notificaciones informacion nouvelles informations nachrichten benachrichtigungen mitteilungen updates \
    aggiornamenti messaggi notifiche berichten meldingen mesajlar bildirimler pesan notifikasi сообщения уведомления \
    رسائل اشعارات";

/// Words of scripts without spaces, found anywhere in the text.
const MARKETING_UNSPACED: &str = "优惠 優惠 促销 促銷 折扣 特价 特價 广告 廣告 营销 行銷 割引 クーポン セール キャンペーン 広告 할인 쿠폰 \
    프로모션 광고 혜택 โปรโมชั่น ส่วนลด";

const UTILITY_UNSPACED: &str =
    "订单 訂單 物流 配送 发货 發貨 预约 預約 账单 帳單 快递 快遞 注文 予約 주문 배송 예약 คำสั่งซื้อ";

const AUTHENTICATION_UNSPACED: &str = "验证码 驗證碼 認証コード 인증번호 인증코드 รหัสยืนยัน";

const VAGUE_UNSPACED: &str = "信息 消息 訊息 通知 メッセージ お知らせ 메시지 알림 ข้อความ";

/// How compound nouns end that promise messages ("Lieferupdates", "Versandinfos").
const ENDINGS: [&str; 13] = [
    "updates",
    "update",
    "status",
    "infos",
    "info",
    "nachrichten",
    "nachricht",
    "benachrichtigungen",
    "mitteilungen",
    "meldungen",
    "bestatigung",
    "bestatigungen",
    "erinnerungen",
];

/// How those begin that are about an order, and those about offers.
const UTILITY_BEGINNINGS: [&str; 14] = [
    "liefer",
    "bestell",
    "versand",
    "auftrag",
    "termin",
    "buchung",
    "zahlung",
    "rechnung",
    "paket",
    "sendung",
    "konto",
    "reservierung",
    "lever",
    "verzend",
];
const MARKETING_BEGINNINGS: [&str; 6] = ["werbe", "angebot", "rabatt", "aktion", "gutschein", "promo"];

const ALL: [&str; 8] = [
    "all messages",
    "all types of messages",
    "all kinds of messages",
    "any messages",
    "todas as mensagens",
    "todos los mensajes",
    "tous les messages",
    "alle nachrichten",
];

const RECEIVE: [&str; 13] = [
    "receive",
    "receiving",
    "receber",
    "recibir",
    "recevoir",
    "erhalten",
    "empfangen",
    "ricevere",
    "ontvangen",
    "almak",
    "menerima",
    "получать",
    "get",
];

/// The kinds of message that a wording names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds {
    marketing: bool,
    utility: bool,
    authentication: bool,
    vague: bool,
}

impl Kinds {
    pub(super) fn named_in(wording: &str) -> Self {
        let text = fold(wording);
        let all = ALL.iter().any(|phrase| contains_phrase(&text, phrase));
        let names = |list: &str, unspaced: &str| {
            all || text
                .split(' ')
                .any(|word| !word.is_empty() && list.split_whitespace().any(|known| known == word))
                || (!text.is_ascii() && unspaced.split_whitespace().any(|known| text.contains(&fold(known))))
        };
        let compound = |beginnings: &[&str]| text.split(' ').any(|word| is_compound(word, beginnings));
        Self {
            marketing: names(MARKETING, MARKETING_UNSPACED) || compound(&MARKETING_BEGINNINGS),
            utility: names(UTILITY, UTILITY_UNSPACED) || compound(&UTILITY_BEGINNINGS),
            authentication: names(AUTHENTICATION, AUTHENTICATION_UNSPACED),
            vague: names(VAGUE, VAGUE_UNSPACED) || compound(&[""]),
        }
    }

    /// True when marketing is all that is named.
    pub(super) const fn is_marketing_alone(self) -> bool {
        self.marketing && !(self.utility || self.authentication || self.vague)
    }

    /// True for what people refuse: marketing, or messages of no stated kind.
    pub(super) const fn may_be_unwanted(self) -> bool {
        self.marketing || self.vague
    }

    /// True when no kind is named, not even vaguely.
    pub(super) const fn is_silent(self) -> bool {
        self.is_empty() && !self.vague
    }

    /// True when no kind is named outright.
    pub(super) const fn is_empty(self) -> bool {
        !(self.marketing || self.utility || self.authentication)
    }

    pub(super) const fn contains(self, category: Category) -> bool {
        match category {
            Category::Marketing => self.marketing,
            Category::Utility => self.utility || self.vague,
            Category::Authentication => self.authentication,
            Category::Service => true,
        }
    }
}

/// True when a folded word is a noun for messages with something before it.
fn is_compound(word: &str, beginnings: &[&str]) -> bool {
    let ends = ENDINGS.iter().any(|ending| word.strip_suffix(ending).is_some_and(|before| before.len() > 2));
    ends && beginnings.iter().any(|beginning| word.starts_with(beginning))
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            (self.marketing, "marketing"),
            (self.utility, "utility"),
            (self.authentication, "authentication"),
        ];
        let words: Vec<_> = named.into_iter().filter(|(named, _)| *named).map(|(_, word)| word).collect();
        f.write_str(&words.join(" and "))
    }
}

/// True when the wording names WhatsApp.
pub(super) fn names_whatsapp(wording: &str) -> bool {
    let text = fold(wording);
    contains_phrase(&text, "whats app") || WHATSAPP.iter().any(|name| text.contains(&fold(name)))
}

/// WhatsApp as people write it in other scripts.
const WHATSAPP: [&str; 26] = [
    "whatsapp",
    "واتساب",
    "واتس اب",
    "واتس آب",
    "واتسآب",
    "وتساب",
    "واٹس ایپ",
    "واتس‌اپ",
    "واتساپ",
    "ватсап",
    "вотсап",
    "вацап",
    "ватсапп",
    "вайтсап",
    "וואטסאפ",
    "ווטסאפ",
    "וואצאפ",
    "왓츠앱",
    "와츠앱",
    "व्हाट्सएप",
    "व्हाट्सऐप",
    "वॉट्सऐप",
    "হোয়াটসঅ্যাপ",
    "ワッツアップ",
    "ワッツアプ",
    "วอตส์แอปป์",
];

/// True when two spellings are one name: case, accents, spaces and punctuation aside.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    let (a, b) = (fold(a), fold(b));
    !a.is_empty() && a == b
}

/// True when the wording contains a name as whole words, in languages that put prepositions to it without a space, too.
pub(super) fn contains_name(wording: &str, name: &str) -> bool {
    let (wording, name) = (fold(wording), fold(name));
    if name.is_empty() || contains_phrase(&wording, &name) {
        return !name.is_empty();
    }
    wording.match_indices(&name).any(|(at, found)| {
        let before = wording.get(..at).and_then(|before| before.split(' ').next_back()).unwrap_or_default();
        let after =
            wording.get(at + found.len()..).and_then(|after| after.split(' ').next()).unwrap_or_default();
        is_prefix(before) && is_particle(after)
    })
}

/// Prepositions, the article and "and" of Hebrew, written before a word.
fn is_prefix(before: &str) -> bool {
    const LETTERS: [char; 7] = ['מ', 'ב', 'ל', 'ה', 'ו', 'כ', 'ש'];
    before.chars().nth(2).is_none() && before.chars().all(|c| LETTERS.contains(&c))
}

/// What Korean puts behind a word.
fn is_particle(after: &str) -> bool {
    const PARTICLES: [&str; 24] = [
        "의",
        "에서",
        "로부터",
        "으로부터",
        "는",
        "은",
        "이",
        "가",
        "을",
        "를",
        "와",
        "과",
        "에",
        "에게",
        "에게서",
        "로",
        "으로",
        "도",
        "만",
        "부터",
        "에서는",
        "에서의",
        "이나",
        "께서",
    ];
    let written = unicode_normalization::UnicodeNormalization::nfc(after.chars()).collect::<String>();
    after.is_empty() || PARTICLES.contains(&written.as_str())
}

/// "receive (type of information) on WhatsApp at (number)", in any of the languages known here: a word for receiving,
/// WhatsApp after it, and a number.
pub(super) fn has_recommended_form(wording: &str, displayed_number: &str) -> bool {
    let text = fold(wording);
    let words: Vec<&str> = text.split(' ').collect();
    let receives = words.iter().position(|word| RECEIVE.contains(word));
    let whatsapp = words.iter().rposition(|word| *word == "whatsapp");
    let ordered = matches!((receives, whatsapp), (Some(receives), Some(whatsapp)) if receives < whatsapp);
    let digits: String = wording.chars().filter(char::is_ascii_digit).collect();
    let shown: String = displayed_number.chars().filter(char::is_ascii_digit).collect();
    let number = if shown.is_empty() { digits.len() >= 7 } else { digits.contains(&shown) };
    ordered && number
}

/// Names for a message.
pub(super) fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// True when some folded text has a word for receiving.
pub(super) fn receives(text: &str) -> bool {
    text.split(' ').any(|word| RECEIVE.contains(&word))
}

/// True when a folded word names messages, or the way they come.
pub(super) fn names_messages(word: &str) -> bool {
    let kinds = Kinds::named_in(word);
    word == "whatsapp" || kinds.vague || !kinds.is_empty()
}

/// Lower case, without accents, every run of other characters one space.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // Signs that compatibility folding would make letters of the name before them.
    let plain = text.chars().map(|c| if matches!(c, '™' | '℠' | '®' | '©') { ' ' } else { c });
    for c in plain.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            folded.push(c);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// True when a folded text contains a phrase as whole words. Beside a character of a script without spaces a word ends,
/// too.
pub(super) fn contains_phrase(text: &str, phrase: &str) -> bool {
    let ends = |beside: Option<char>| beside.is_none_or(|c| c == ' ' || is_unspaced(c));
    text.match_indices(phrase).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
        ends(before) && ends(after)
    })
}

/// Whether the character belongs to Thai, Chinese or Japanese writing.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}
