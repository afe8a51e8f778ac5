//! Dutch.

use super::{Class, Lexicon, pair};

pub(super) const DUTCH: Lexicon = Lexicon {
    classes: &[
        (
            Class::Filler,
            "ik mij me mijn u uw jullie je jij jouw van de het een in op te om aan uit af met voor via per en dat die deze \
             dit nu alsjeblieft alstublieft aub svp dank bedankt graag gezegd al toch nog eens ooit nummer naam hallo hoi \
             ja nee ok kunt kun kunnen zou zouden worden",
        ),
        (Class::Want, "wil willen wens wenst wilt hoef hoeven interesse geinteresseerd"),
        (Class::More, "meer verder langer weer opnieuw"),
        (Class::Not, "niet geen nooit zonder"),
        (Class::Auxiliary, "heb hebt heeft kan is ben krijg ontvang"),
        (Class::Stop, "stop stoppen stopt ophouden"),
        (Class::Send, "stuur sturen stuurt verstuur versturen zend zenden toesturen"),
        (
            Class::Contact,
            "contacteren contacteer benaderen benader benadert lastigvallen storen appen app schrijven schrijf spammen",
        ),
        (Class::Receive, "ontvangen krijgen"),
        (
            Class::Message,
            "bericht berichten sms berichtjes appjes reclame reclames spam aanbieding aanbiedingen notificaties meldingen \
             promoties advertenties nieuwsbrief nieuwsbrieven whatsapp whatsapps",
        ),
        (Class::List, "lijst verzendlijst maillijst abonnement inschrijving toestemming"),
        (Class::Anything, "iets niets alles"),
        (Class::Leave, "afmelden uitschrijven afmelding uitschrijving"),
        (Class::Remove, "verwijder verwijderen verwijdert haal haalt wis wissen schrap schrappen"),
        (Class::Cancel, "annuleer annuleren opzeggen"),
        (Class::Only, "alleen enkel slechts"),
        (Class::Ask, "wanneer waar hoe waarom wie wat welke"),
    ],
    pairs: &[
        pair("hou", "op", 2, Class::Stop),
        pair("houd", "op", 2, Class::Stop),
        pair("houdt", "op", 2, Class::Stop),
        pair("meld", "af", 4, Class::Leave),
        pair("schrijf", "uit", 4, Class::Leave),
        pair("trek", "in", 5, Class::Cancel),
        pair("toestemming", "intrekken", 1, Class::Leave),
    ],
    negates_after: true,
    receive_needs_want: false,
    comma_inside: false,
};
