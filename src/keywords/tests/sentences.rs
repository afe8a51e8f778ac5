//! Refusals in people's own words, and sentences that only look like them.

use super::all_are;

#[test]
fn portuguese_requests_to_stop_are_opt_outs() {
    all_are(
        "opt-out",
        &[
            "pode parar de mandar mensagem",
            "pare de me enviar essas mensagens",
            "não quero mais receber nada de vocês",
            "me tira dessa lista",
            "quero cancelar a inscrição",
            "me descadastra aí",
            "SAIR!",
            "Parar.",
            "para de me mandar mensagem",
            "por favor, parem de enviar propaganda",
            "nao quero receber mais mensagens",
            "Não me mande mais mensagens, por favor",
            "quero sair da lista",
            "gostaria de me descadastrar",
            "nunca mais me mande nada",
            "quero parar de receber essas promoções",
            "chega de propaganda",
            "não envie mais",
        ],
    );
}

#[test]
fn portuguese_talk_of_stopping_something_else_is_nothing() {
    all_are(
        "none",
        &[
            "tem como parar a dor?",
            "quero cancelar o pedido",
            "posso sair antes das 15h?",
            "vocês vão parar no feriado?",
            "o remédio fez a dor parar",
            "quero parar o tratamento por enquanto",
            "quero cancelar a consulta",
            "não quero cancelar a inscrição",
            "não pare de mandar mensagem",
            "pode mandar mensagem para mim",
            "não recebi a mensagem",
            "não consigo abrir a lista",
            "quero receber mensagens",
            "quando chega a mensagem",
            "não é mensagem",
            "sim, pode mandar",
            "não quero esperar",
            "não quero mais o produto",
            "ok, para mim está bom",
        ],
    );
}

#[test]
fn portuguese_outbursts_are_for_a_person() {
    all_are(
        "ambiguous",
        &[
            "me deixa em paz",
            "já disse que não quero",
            "para com isso",
            "Para",
            "não quero mais",
            "não tenho interesse",
        ],
    );
}

#[test]
fn a_switch_of_channel_is_no_opt_out() {
    all_are(
        "none",
        &[
            "não quero receber ligação, só whatsapp",
            "não quero receber ligação só whatsapp",
            "don't call me, only whatsapp",
            "no quiero llamadas, solo whatsapp",
            "I don't want calls, only whatsapp",
            "stop calling me, only whatsapp",
        ],
    );
}

#[test]
fn english_requests_to_stop_are_opt_outs() {
    all_are(
        "opt-out",
        &[
            "stop sending me messages",
            "Please stop sending me these messages!",
            "please remove me from your list",
            "Remove my number from your list, thanks",
            "don't message me any more",
            "Do not contact me again.",
            "don’t text me",
            "I don't want to receive any more messages from you",
            "I no longer wish to receive messages",
            "no more messages please",
            "stop messaging me",
            "Stop the spam",
            "I want to unsubscribe",
            "unsubscribe me from this list",
            "please opt me out of these messages",
            "cancel my subscription",
            "take me off your list",
            "never message me again",
            "No, stop messaging me",
            "Could you please stop texting me",
            "end my subscription",
            "no promos",
            "don't keep sending me ads",
            "quit spamming me",
            "Please take my number off your list",
            "Kindly unsubscribe me from your marketing list",
            "Do not send me any promotional messages",
        ],
    );
}

#[test]
fn english_talk_of_something_else_is_nothing() {
    all_are(
        "none",
        &[
            "don't stop",
            "Do not unsubscribe me",
            "please don't stop sending me messages",
            "I don't want to unsubscribe",
            "unstoppable",
            "bus stop",
            "stop by the shop",
            "non-stop",
            "non stop",
            "nonstop flight",
            "which stop do I get off at?",
            "please cancel my appointment",
            "cancel my order",
            "stop the treatment",
            "can I end the call early",
            "I did not receive your message",
            "I don't receive your messages",
            "I can't receive messages",
            "I have no messages from you",
            "you can send me messages",
            "is the weekend ok",
            "stop sending the invoices to my old address",
            "never stop",
            "quit smoking",
            "I will start on Monday",
            "yes the blue one",
            "ok see you at the stop",
            "no problem",
            "thanks",
            "yes cancel?",
            "did you get my message",
            "please send me a message",
            "no I want messages",
            "remove the stain",
            "the end of the list",
            "take care",
            "leave a message",
            "cancel the delivery",
            "I will be off on holiday and cannot text",
            "Is your stop near the bank?",
            "No. I want to keep my subscription",
            "my subscription",
            "drop me a message",
            "please stop on the way",
            "take the list",
            "I need your number and name",
            "I never got the messages",
            "I don't need a doctor",
            "not now, tomorrow",
            "this is not a message for me",
            "I am not receiving your messages",
            "please stop the car",
            "Yes I want to cancel my order",
            "I didn't subscribe to this",
            "fine",
            "only message me about orders",
            "stopover",
            "send more offers",
            "",
            "   ",
            "👍",
            "?!",
        ],
    );
}

#[test]
fn english_doubtful_refusals_are_for_a_person() {
    all_are(
        "ambiguous",
        &[
            "STOP?",
            "leave me alone",
            "I am not interested",
            "STOP I am not interested",
            "I said stop",
            "stop it",
            "I already told you I don't want this",
            "stop sending me messages about shoes",
            "I have told you many times already, stop sending me messages or I will go to the police",
            "STOP, I have moved abroad",
            "can you stop sending me messages?",
            "how do I stop these messages?",
            "wrong number",
            "stop 2",
            "cancel 48213",
            "start, stop",
            "yes cancel",
            "no, cancel",
            "no stop",
            "no promos, only order updates",
            "please stop calling me",
            "STOP texting my wife",
            "no I don't want it",
        ],
    );
}

#[test]
fn spanish_phrases_are_read() {
    all_are(
        "opt-out",
        &[
            "no quiero recibir más mensajes",
            "darme de baja",
            "quiero darme de baja por favor",
            "deja de enviarme mensajes",
            "dejen de mandarme publicidad",
            "no me envíen más mensajes",
            "no me escriban más",
            "sáquenme de la lista",
            "quiero cancelar la suscripción",
            "no más mensajes",
            "bórrenme de su lista por favor",
            "quiero dejar de recibir mensajes",
            "ya no quiero recibir mensajes",
        ],
    );
    all_are(
        "none",
        &[
            "quiero cancelar el pedido",
            "la temperatura baja por la noche y no quiero salir",
            "no quiero darme de baja",
            "deja un mensaje",
            "no dejes de enviarme mensajes",
            "para mañana",
            "¿puedo salir antes?",
            "no puedo recibir mensajes",
            "mensaje para mi",
            "el precio baja",
            "no hay mensajes",
            "no quiero esperar",
        ],
    );
    all_are("ambiguous", &["no quiero", "déjenme en paz", "no me interesa", "Basta"]);
}

#[test]
fn french_phrases_are_read() {
    all_are(
        "opt-out",
        &[
            "arrêtez de m'envoyer des messages",
            "Arrêtez de m’envoyer des messages svp",
            "je ne veux plus recevoir de messages",
            "ne m'envoyez plus de messages",
            "n'envoyez plus de messages",
            "ne m'écrivez plus",
            "désabonnez-moi",
            "je veux me désabonner",
            "retirez-moi de votre liste",
            "supprimez mon numéro de votre liste",
            "merci d'arrêter les messages",
            "veuillez me retirer de votre liste",
            "merci de ne plus me contacter",
            "stop pub",
        ],
    );
    all_are(
        "none",
        &[
            "je veux annuler ma commande",
            "n'arrêtez pas",
            "l'arrêt de bus",
            "ne me désabonnez pas",
            "je ne peux pas recevoir vos messages",
            "où est l'arrêt ?",
            "il n'y a pas de message",
            "je n'ai pas de messages",
            "je veux arrêter le traitement",
        ],
    );
    all_are("ambiguous", &["laissez-moi tranquille", "je ne veux pas", "ça suffit"]);
}

#[test]
fn german_phrases_are_read() {
    all_are(
        "opt-out",
        &[
            "bitte keine Nachrichten mehr",
            "Ich möchte keine Nachrichten mehr erhalten",
            "Schicken Sie mir keine Nachrichten mehr",
            "Schreiben Sie mir nicht mehr",
            "Hören Sie auf, mir zu schreiben",
            "hör auf mir Nachrichten zu schicken",
            "Bitte streichen Sie mich von der Liste",
            "nehmt mich aus dem Verteiler",
            "Melden Sie mich bitte ab",
            "Ich will mich abmelden",
            "Keine Werbung mehr!",
            "AUFHÖREN",
            "Bitte löschen Sie meine Nummer aus Ihrem Verteiler",
            "schreib mir nicht mehr",
        ],
    );
    all_are(
        "none",
        &[
            "ich möchte den Termin absagen",
            "Bestellung stornieren bitte",
            "nicht abmelden",
            "hör nicht auf",
            "ich kann keine Nachrichten empfangen",
            "ich möchte von Ihnen hören",
            "wir stoppen die Behandlung",
            "ich habe keine Nachricht bekommen",
            "Bitte senden Sie mir mehr Nachrichten",
            "kein Problem",
        ],
    );
    all_are("ambiguous", &["kein Interesse", "lasst mich in Ruhe", "ich will nicht mehr", "es reicht"]);
}
