//! Italian.

use super::{Class, Lexicon};

pub(super) const ITALIAN: Lexicon = Lexicon {
    classes: &[
        (
            Class::Filler,
            "io mi me ci vi da di del della dei dalla dal dall la il lo le gli i l un una uno a ad al ai alla in per con favore \
             prego mio mia miei vostro vostra vostri vostre tuo tua tuoi tue questo questa questi queste quei quelle che \
             e d ora adesso gia detto chiesto numero nome si ok ciao grazie salve potete puoi potreste subito tutti tutte \
             tutto essere via su nessuno",
        ),
        (Class::Want, "voglio vorrei desidero vogliamo interessa interessato interessata gradisco"),
        (Class::More, "piu ancora ulteriori altri altre"),
        (Class::Not, "non mai senza"),
        (Class::NoAdjacent, "niente nessun nessuna"),
        (Class::Auxiliary, "ho hai ha abbiamo posso riesco sono ricevo arriva"),
        (
            Class::Stop,
            "smetti smettete smettetela smettila smettere fermate ferma stop basta interrompi interrompete interrompere \
             cessate cessare",
        ),
        (
            Class::Send,
            "inviare inviarmi inviate inviatemi inviarci inviando mandare mandarmi mandate mandatemi mandarci mandami \
             mandando",
        ),
        (
            Class::Contact,
            "scrivere scrivermi scrivete scrivetemi contattare contattarmi contattate contattatemi disturbare \
             disturbarmi disturbate disturbatemi",
        ),
        (Class::Receive, "ricevere riceverne"),
        (
            Class::Message,
            "messaggio messaggi sms msg notifica notifiche promozione promozioni promo pubblicita offerta offerte spam \
             whatsapp",
        ),
        (Class::List, "lista liste iscrizione abbonamento newsletter elenco rubrica consenso"),
        (Class::Anything, "nulla"),
        (Class::Leave, "disiscrivere disiscrivermi disiscrivetemi disiscrivimi disiscrizione cancellarmi"),
        (
            Class::Remove,
            "togliere togliermi toglietemi toglimi rimuovere rimuovermi rimuovetemi rimuovimi eliminare eliminatemi \
             cancellare cancellatemi cancellami cancellate",
        ),
        (Class::Cancel, "annullare annulla annullate disdire disdico revoco revocare ritiro ritirare"),
        (Class::Only, "solo soltanto solamente"),
        (Class::Ask, "quando dove come perche quale chi quanto quanti"),
    ],
    pairs: &[],
    negates_after: false,
    receive_needs_want: false,
    comma_inside: false,
};
