//! English, Portuguese, Spanish, French, German, Italian, Dutch, Russian, Polish, Greek.

use super::Language;

pub(super) const LANGUAGES: &[Language] =
    &[ENGLISH, PORTUGUESE, SPANISH, FRENCH, GERMAN, ITALIAN, DUTCH, RUSSIAN, POLISH, GREEK];

const ENGLISH: Language = Language {
    tag: "en",
    opt_out: "un-subscribe, unsubscribe please, remove me from this group, remove me from the group, no more sms, no sms, \
        stop harassing me, do not call or text, stop sending me this crap, get me off this list, take me off this list, DND, delete all my data, cease and desist, stop wa, stop whatsapp, \
        optout marketing, opt out marketing, opt out of marketing, stoped, stop marketing, stop alle, \
        STOP, STOPALL, STOP ALL, STOP-ALL, UNSUBSCRIBE, unsub, unsubscribe me, UNSUBSCRIBE ALL, QUIT, \
        unsuscribe, unsubcribe, unsubscibe, unsubsribe, unsubscribed, unsuscribe me, \
        REVOKE, OPTOUT, OPT OUT, opt me out, REMOVE, remove me, no more messages, cancel messages, \
        do not contact, do not contact me, do not disturb, stop now, stop promotions, \
        do not have my permission, dont have my permission, have no permission, do not have my permission to text me, \
        do not have my permission to message me, do not have my permission to contact me, do not have my consent, \
        you do not have my permission, you don't have my permission, you have no permission, you do not have my consent, \
        you do not have my permission to text me, you do not have my permission to message me, \
        you do not have my permission to contact me, you don't have my permission to text me, you don't have my consent, \
        don't have my permission to text me, don't have my consent, delete me from your contacts",
    // TD is short for 退订 and kept by one provider for every country.
    opt_out_bare: "CANCEL, END, EXIT, TD, delete me",
    ambiguous: "leave me alone, not interested, I'm not interested, I am not interested, no more, enough, \
        that's enough, go away, get lost, block, block me, spam, this is spam, scam, wrong number, stop it, \
        stop this, no longer interested, shut up, discontinue, halt, pause, \
        I object",
    opt_in: "START, UNSTOP, SUBSCRIBE, subscribe me, resubscribe, CONTINUE, RESUME, BEGIN, opt in, optin, \
        opt me in, sign me up, join",
    yes: "yes, yeah, yep, yup, yes I do, yes I agree",
    okay: "y, I agree, agree, agreed, I accept, accept, ok, okay, sure, of course, confirm, I confirm, \
        confirmed, that's fine, sounds good",
    no: "never, I refuse, absolutely not, deny, \
        reject, maybe later, please dont, no I dont, no i do not, \
        no, n, nope, nah, no way, not now, decline, I decline",
    courtesy: "please, pls, plz, kindly, thanks, thx, ty, thank you, thank you very much, thanks a lot, \
        many thanks, cheers, hi, hello, hey, hi there, hello there, dear, sir, madam, sir madam, team, \
        guys, good morning, good afternoon, good evening, now, right now, immediately, asap, bye, goodbye, \
        regards, sorry",
};

const PORTUGUESE: Language = Language {
    tag: "pt",
    opt_out: "cancelar promoções, parar promoções, bloquear promoções, bloquear mensagens, cancelar recebimento, \
        não entre mais em contato, não entrem mais em contato, não entre em contato, não entrem em contato, \
        PARAR, PARE, parem, REMOVER, DESCADASTRAR, descadastra, descadastre, me descadastra, \
        me descadastre, desinscrever, desinscreva, cancelar inscrição, cancelar assinatura, \
        cancelar mensagens, não me mande mais mensagens, não quero mais mensagens, \
        não quero receber mensagens, não me incomode, me remova, me tira da lista, pare agora, \
        revogo meu consentimento, retiro meu consentimento, interromper mensagens, interromper promoções",
    opt_out_bare: "SAIR, CANCELAR, cancela, cancele",
    ambiguous: "para, pára, para com isso, me deixa em paz, me deixe em paz, já disse que não quero, não quero, \
        não quero mais, não tenho interesse, sem interesse, não me interessa, chega, já chega, basta, \
        número errado, engano, bloquear, excluir",
    opt_in: "INSCREVER, me inscreve, me inscreva, quero me inscrever, assinar, iniciar, começar, retomar, \
        reativar, continuar, cadastrar, quero receber, quero voltar a receber",
    yes: "SIM, sim quero, sim aceito, sim concordo",
    okay: "s, CONFIRMO, confirmar, aceito, concordo, claro, com certeza, pode sim, tá bom, está bem, isso, \
        autorizo",
    no: "não, agora não, não aceito, não concordo, não autorizo, de jeito nenhum",
    courtesy: "por favor, pfv, pf, por gentileza, obrigado, obrigada, muito obrigado, muito obrigada, obg, valeu, \
        vlw, oi, olá, bom dia, boa tarde, boa noite, agora, imediatamente, desculpe, desculpa, moço, moça, \
        gente, aí",
};

const SPANISH: Language = Language {
    tag: "es",
    opt_out: "baja ya, baja inmediata, solicito baja, solicito la baja, solicito mi baja, quiero la baja, quiero baja, \
        pido la baja, deseo la baja, eliminen mi número, elimine mi número, elimina mi número, borren mi número, \
        borre mi número, borra mi número, borren mis datos, eliminen mis datos, no deseo recibir más información, no deseo recibir mensajes, detener promociones, \
        BAJA, PARAR, DETENER, no más, no más mensajes, no enviar, DESUSCRIBIR, desuscribirme, \
        desuscribirse, desinscribir, desinscribirme, desubscribir, desubscribirme, desuscribirce, \
        unsuscribir, desuscripción, dar de vaja, darme de vaja, darme de baja, dar de baja, darse de baja, dame de baja, quiero darme de baja, \
        no me escribas, no me escriban, no me escribas más, no molestar, no quiero recibir mensajes, \
        no quiero más mensajes, cancelar suscripción, cancelar mensajes, eliminarme, \
        retiro mi consentimiento, revoco mi consentimiento, me opongo a recibir mensajes",
    opt_out_bare: "CANCELAR, SALIR, anular",
    ambiguous: "no tengo interés, \
        para, para ya, basta, basta ya, ya basta, alto, no me interesa, no estoy interesado, no estoy interesada, \
        no quiero, no quiero nada, déjame en paz, déjenme en paz, déjeme en paz, número equivocado, \
        bloquear, eliminar, no gracias no me interesa",
    opt_in: "ALTA, darme de alta, dame de alta, quiero darme de alta, suscribir, suscribirme, suscribirse, \
        quiero suscribirme, iniciar, comenzar, empezar, continuar, reanudar, reactivar",
    yes: "sí, claro que sí, sí claro, sí acepto, sí quiero",
    okay: "claro, de acuerdo, acepto, confirmo, confirmar, vale, por supuesto, está bien, autorizo, dale",
    no: "no, ahora no, no acepto, para nada, no autorizo",
    courtesy: "por favor, porfa, porfavor, gracias, muchas gracias, mil gracias, hola, buenos días, buenas tardes, \
        buenas noches, buenas, ahora, ahora mismo, inmediatamente, disculpe, señor, señora, saludos",
};

const FRENCH: Language = Language {
    tag: "fr",
    opt_out: "stop au, plus de sms, je refuse de recevoir vos messages, plus d'offres, plus d'offres merci, plus de publicité, \
        arrêt, ARRET, arrêter, arrêtez, arrête, désabonner, se désabonner, me désabonner, désabonnez-moi, \
        désabonnement, désinscription, désinscrire, me désinscrire, désinscrivez-moi, ne plus m'envoyer, \
        ne plus envoyer, ne plus recevoir, ne m'écrivez plus, ne me contactez plus, stopper, désabonement, désaboner, me désaboner, se désaboner, désabonnez, \
        désabonne-moi, \
        résilier l'abonnement, \
        plus de pub, plus de pubs, plus de publicité, plus de promos, je retire mon consentement, \
        je révoque mon consentement",
    opt_out_bare: "annuler, annulez, résilier, quitter",
    ambiguous: "assez, ça suffit, laissez-moi tranquille, laisse-moi tranquille, pas intéressé, pas intéressée, \
        je ne suis pas intéressé, je ne suis pas intéressée, ça ne m'intéresse pas, mauvais numéro, fin, \
        je ne veux pas, je ne veux plus, bloquer, plus de messages, pas de message, pas de messages, supprimer",
    opt_in: "démarrer, commencer, s'abonner, m'abonner, abonnez-moi, abonner, je m'abonne, s'inscrire, \
        m'inscrire, inscrivez-moi, inscription, reprendre, continuer",
    yes: "oui, ouais, oui je veux, oui j'accepte, oui d'accord",
    okay: "j'accepte, d'accord, je confirme, confirmer, bien sûr, volontiers, ça marche",
    no: "non, pas maintenant, je refuse, pas du tout",
    courtesy: "s'il vous plaît, s'il te plaît, svp, stp, merci, merci beaucoup, merci d'avance, bonjour, bonsoir, \
        salut, maintenant, immédiatement, tout de suite, madame, monsieur, cordialement, désolé, pardon",
};

const GERMAN: Language = Language {
    tag: "de",
    opt_out: "Werbung stoppen, Promotionen stoppen, Angebote stoppen, keine SMS mehr, keine SMS, \
        löschen Sie meine Daten, lösche meine Daten, löscht meine Daten, löschen Sie meine Nummer, lösche meine Nummer, \
        löscht meine Nummer, stopp, beenden, abbestellen, abmelden, bitte abmelden, mich abmelden, melde mich ab, austragen, \
        abmeldung, abbestellung, widerruf, widerrufen, ich widerrufe, aufhören, aufhoeren, hör auf, \
        hören Sie auf, hört auf, keine Nachrichten mehr, keine Werbung, keine Werbung mehr, \
        austragen bitte, nicht mehr schreiben, abo beenden, \
        ich widerspreche, Widerspruch, hiermit widerrufe ich, hiermit widerspreche ich, \
        ich widerrufe meine Einwilligung",
    opt_out_bare: "kündigen, kuendigen, Kündigung, abbrechen, löschen, loeschen",
    ambiguous: "Schluss, Schluss jetzt, genug, es reicht, reicht, kein Interesse, ich habe kein Interesse, \
        lass mich in Ruhe, lasst mich in Ruhe, lassen Sie mich in Ruhe, falsche Nummer, Ende, \
        nicht interessiert, ich will nicht, ich möchte nicht, nicht mehr, blockieren",
    opt_in: "starten, anmelden, bitte anmelden, abonnieren, fortsetzen, weitermachen, eintragen",
    yes: "ja, ja gerne, ja gern, ja klar, jawohl",
    okay: "jo, gerne, einverstanden, bestätigen, ich bestätige, bestätigt, ich stimme zu, klar, in Ordnung, \
        natürlich",
    no: "nein, nee, nö, jetzt nicht, auf keinen Fall, ich lehne ab, ablehnen",
    courtesy: "bitte, danke, danke schön, vielen Dank, besten Dank, hallo, guten Tag, guten Morgen, guten Abend, \
        moin, servus, jetzt, sofort, umgehend, mfg, danke sehr, sorry, liebes Team",
};

const ITALIAN: Language = Language {
    tag: "it",
    opt_out: "stop ai messaggi, stop messaggi, cancella il mio numero, cancellate il mio numero, rimuovi il mio numero, \
        rimuovete il mio numero, elimina il mio numero, eliminate il mio numero, annulla iscrizione, annullare iscrizione, annulla l'iscrizione, cancella iscrizione, cancellami, \
        cancellatemi, disiscrivi, disiscrivimi, disiscrivermi, disiscriversi, disiscrizione, ferma, \
        fermare, fermate, fermati, smettila, smettetela, non scrivetemi più, non scrivermi più, \
        niente più messaggi, rimuovimi, rimuovetemi, disdire iscrizione, \
        revoco il consenso, revoco il mio consenso, ritiro il consenso, ritiro il mio consenso, mi oppongo, \
        niente messaggi, non mandatemi niente, non inviatemi niente, non mandatemi più niente, interrompi, \
        interrompete",
    opt_out_bare: "annulla, annullare, cancella, disdire, esci",
    ambiguous: "basta, basta così, basta messaggi, non mi interessa, non sono interessato, non sono interessata, \
        lasciami in pace, lasciatemi in pace, numero sbagliato, non voglio, blocca",
    opt_in: "inizia, iscriviti, iscrivimi, iscrivetemi, iscrizione, riprendi, attiva, continua",
    yes: "sì, sì certo, sì accetto",
    okay: "certo, va bene, d'accordo, accetto, confermo, conferma, certamente",
    no: "no, non ora, non accetto, rifiuto, assolutamente no",
    courtesy: "per favore, per piacere, per cortesia, grazie, grazie mille, molte grazie, ciao, buongiorno, \
        buonasera, salve, adesso, subito, scusi, scusate, saluti",
};

const DUTCH: Language = Language {
    tag: "nl",
    opt_out: "promoties stoppen, reclame stoppen, stop hiermee, stop hier mee, neem geen contact meer op, \
        haal mij uit jullie bestand, haal me uit jullie bestand, haal mij uit het bestand, verwijder mijn nummer, \
        geen sms meer, afmelden, mij afmelden, meld mij af, meld me af, uitschrijven, mij uitschrijven, schrijf mij uit, \
        schrijf me uit, stoppen, stop ermee, geen berichten meer, geen berichten, geen reclame, \
        niet meer sturen, afmelding, stop met berichten, \
        ik trek mijn toestemming in, ik maak bezwaar, stuur mij niets meer, stuur me niets meer",
    opt_out_bare: "opzeggen, annuleren, verwijderen, beëindigen",
    ambiguous: "genoeg, geen interesse, niet geïnteresseerd, laat me met rust, laat mij met rust, verkeerd nummer, \
        hou op, houd op, einde, ik wil niet",
    opt_in: "aanmelden, inschrijven, hervatten, doorgaan, abonneren, meld mij aan, meld me aan",
    yes: "ja, ja graag",
    okay: "graag, akkoord, oké, bevestigen, ik bevestig, ik ga akkoord, prima, zeker",
    no: "nee, nu niet, niet nu, ik weiger",
    courtesy: "alstublieft, alsjeblieft, aub, ajb, svp, dank u, dank je, dank u wel, dank je wel, bedankt, hallo, \
        hoi, goedemorgen, goedemiddag, goedenavond, nu, meteen, graag gedaan",
};

const RUSSIAN: Language = Language {
    tag: "ru",
    opt_out: "остановить рекламу, остановите рекламу, отключить рекламу, не пишите больше, больше мне не пишите, \
        не присылайте больше, больше не присылайте, не надо мне писать, хватит писать, не беспокойте меня, \
        не беспокойте, уберите мой номер, не надо писать, не пиши, не пиши мне, остановить рассылку, остановите рассылку, отключить рассылку, \
        стоп, отписаться, отписка, отпиши, отпишите, отпишите меня, хочу отписаться, прекратить, \
        прекратите, прекратите писать, не пишите, не пишите мне, не пишите мне больше, больше не пишите, \
        не присылайте, не присылайте сообщения, остановить, остановите, stop sms, \
        не присылайте мне сообщения, не присылайте мне больше сообщения, не присылайте мне, \
        не шлите мне сообщения, не отправляйте мне сообщения, не отправляйте сообщения, \
        не пишите мне сообщения, отписаться от рассылки, отпишите меня от рассылки, \
        хочу отписаться от рассылки, отписка от рассылки, удалите меня из рассылки, \
        уберите меня из рассылки, исключите меня из рассылки, удалите мой номер, удалите меня из списка, \
        не хочу получать сообщения, не хочу получать рассылку, не хочу получать рекламу, \
        прекратите рассылку, остановите рассылку, прекратите присылать сообщения, отзываю согласие, \
        я отзываю согласие, я отзываю своё согласие, отзываю своё согласие, не надо рассылки, без рекламы",
    opt_out_bare: "отмена, отменить, удалить, выйти, отказ, отказаться",
    ambiguous: "хватит, достаточно, не интересно, неинтересно, мне не интересно, отстаньте, отстань, \
        оставьте меня в покое, не хочу, не надо, не нужно, конец, спам, ошиблись номером",
    opt_in: "старт, подписаться, подписка, подпишите, подпишите меня, начать, возобновить, продолжить",
    yes: "да, да хочу",
    okay: "ага, согласен, согласна, хорошо, ок, окей, конечно, подтверждаю, давайте",
    no: "нет, не сейчас, не согласен, не согласна, отказываюсь",
    courtesy: "пожалуйста, спасибо, большое спасибо, спасибо большое, здравствуйте, привет, добрый день, \
        доброе утро, добрый вечер, сейчас, немедленно, извините, пж",
};

// Polish "tak" (yes) is left out, and in Malay and Indonesian, where it is a no, as well.
const POLISH: Language = Language {
    tag: "pl",
    opt_out: "zatrzymaj promocje, nie chcę reklam, nie pisz więcej, nie piszcie więcej, proszę nie pisać więcej, \
        przestań pisać, usuńcie mój numer, usuń mój numer, proszę mnie wypisać, wypisz, wypisz mnie, wypisuję się, wypisać, wypisać się, chcę się wypisać, wypiszcie mnie, odsubskrybuj, \
        anuluj subskrypcję, anulowanie subskrypcji, rezygnuję z subskrypcji, rezygnuję z wiadomości, nie pisz, \
        nie piszcie, nie pisz do mnie, nie piszcie do mnie, nie wysyłaj, nie wysyłajcie, nie chcę wiadomości, \
        nie chcę więcej wiadomości, nie chcę otrzymywać wiadomości, przestańcie pisać, przestańcie wysyłać, wyrejestruj, \
        wyrejestruj mnie, usuńcie mnie z listy, usuń mnie z listy, \
        nie wysyłać mi wiadomości, proszę nie wysyłać mi wiadomości, nie wysyłać wiadomości, \
        proszę nie wysyłać wiadomości, nie wysyłajcie mi wiadomości, nie wysyłaj mi wiadomości, \
        proszę nie pisać, nie wysyłać więcej wiadomości, proszę przestać wysyłać wiadomości, \
        proszę o usunięcie z listy, proszę mnie usunąć z listy, cofam zgodę, wycofuję zgodę, odwołuję zgodę",
    opt_out_bare: "rezygnuję, rezygnacja, anuluj, anulowanie, usuń, zatrzymaj",
    ambiguous: "dość, wystarczy, koniec, przestań, przestańcie, nie jestem zainteresowany, nie jestem zainteresowana, \
        nie interesuje mnie to, dajcie mi spokój, daj mi spokój, zły numer, pomyłka, nie chcę, zablokuj",
    opt_in: "zapisz mnie, subskrybuj, wznów, rozpocznij, kontynuuj, chcę się zapisać",
    yes: "tak chcę, tak zgadzam się",
    okay: "zgoda, zgadzam się, akceptuję, potwierdzam, oczywiście, jasne, dobrze",
    no: "nie, nie teraz, nie zgadzam się, nie akceptuję, odmawiam",
    courtesy: "proszę, dziękuję, dziękuję bardzo, dzięki, dzień dobry, dobry wieczór, cześć, witam, teraz, \
        natychmiast, przepraszam, pozdrawiam",
};

const GREEK: Language = Language {
    tag: "el",
    opt_out: "στοπ, σταματήστε, σταμάτα, σταματήστε τα μηνύματα, σταματήστε να στέλνετε, απεγγραφή, κατάργηση εγγραφής, \
        διαγράψτε με, διαγραφή από τη λίστα, μη μου στέλνετε, μη μου στέλνετε μηνύματα, μη στέλνετε μηνύματα, \
        μην στέλνετε, δεν θέλω μηνύματα, δεν θέλω άλλα μηνύματα, δεν θέλω να λαμβάνω μηνύματα, \
        μην μου στέλνετε, μην μου στέλνετε μηνύματα, μην μου στέλνετε άλλα μηνύματα, \
        μη μου στέλνετε άλλα μηνύματα, μην στέλνετε μηνύματα, σταματήστε να μου στέλνετε μηνύματα, \
        σταματήστε να στέλνετε μηνύματα, θέλω διαγραφή, θέλω να διαγραφώ, διαγράψτε με από τη λίστα, \
        ανακαλώ τη συγκατάθεσή μου",
    opt_out_bare: "διαγραφή, ακύρωση, έξοδος",
    ambiguous: "αρκετά, φτάνει, δεν ενδιαφέρομαι, δεν με ενδιαφέρει, λάθος αριθμός, αφήστε με ήσυχο, αφήστε με ήσυχη, \
        δεν θέλω, τέλος, παύση",
    opt_in: "έναρξη, εγγραφή, ξεκινήστε, συνέχεια, θέλω να εγγραφώ",
    yes: "ναι, ναι θέλω, ναι συμφωνώ",
    okay: "συμφωνώ, δέχομαι, εντάξει, βεβαίως, επιβεβαιώνω",
    no: "όχι, όχι τώρα, δεν συμφωνώ, δεν δέχομαι, αρνούμαι",
    courtesy: "παρακαλώ, ευχαριστώ, ευχαριστώ πολύ, γεια, γεια σας, καλημέρα, καλησπέρα, τώρα, αμέσως, συγγνώμη",
};
