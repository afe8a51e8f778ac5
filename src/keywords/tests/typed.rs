//! Refusals as people type them, and everyday messages that must not be held.

use super::{all_are, kind, read};

#[track_caller]
fn all_are_refusals(texts: &[&str]) {
    let wrong: Vec<_> = texts
        .iter()
        .map(|text| (text, read(text)))
        .filter(|(_, intent)| !matches!(kind(intent), "opt-out" | "ambiguous"))
        .collect();
    assert!(wrong.is_empty(), "neither opt-out nor ambiguous: {wrong:#?}");
}

#[test]
fn refusals_typed_in_western_languages_are_opt_outs() {
    all_are(
        "opt-out",
        &[
            "Please remove me from your mailing list",
            "please take me off your mailing list",
            "NO MORE SMS",
            "Do not call or text",
            "un-subscribe",
            "EXIT",
            "Remove me from this group",
            "stop harassing me",
            "BAJA YA",
            "Baja inmediata",
            "Solicito baja",
            "Quiero la baja",
            "Eliminen mi número",
            "borren mi número",
            "Não autorizo o envio de mensagens",
            "Não entre mais em contato",
            "Cancelar recebimento",
            "STOP au 36111",
            "Je m'oppose à recevoir vos messages",
            "Je refuse de recevoir vos messages",
            "plus de sms",
            "Keine SMS mehr",
            "Löschen Sie meine Daten",
            "Lösche meine Nummer",
            "Stop ai messaggi",
            "Cancella il mio numero",
            "rimuovi il mio numero",
            "Stop hiermee",
            "Neem geen contact meer op",
            "haal mij uit jullie bestand",
        ],
    );
    all_are("ambiguous", &["Para ya", "stop please I'm not a customer"]);
}

#[test]
fn refusals_typed_in_other_languages_are_opt_outs() {
    all_are(
        "opt-out",
        &[
            "не пишите больше",
            "больше мне не пишите",
            "Не присылайте больше",
            "не надо мне писать",
            "Хватит писать",
            "не беспокойте меня",
            "уберите мой номер",
            "nie chcę reklam",
            "nie pisz więcej",
            "Proszę nie pisać więcej",
            "przestań pisać",
            "usuńcie mój numer",
            "Proszę mnie wypisać",
            "Bir daha mesaj atmayın",
            "Reklam istemiyorum",
            "SMS istemiyorum",
            "listeden çıkarın",
            "numaramı silin",
            "abonelikten çıkmak istiyorum",
            "قف",
            "لا أريد رسائل منكم",
            "ما ابي رسائل",
            "مش عايز رسائل",
            "احذف رقمي",
            "मेरा नंबर हटाओ",
            "Hapus nomor saya",
            "batal langganan",
            "请勿打扰",
            "不要再发信息了",
        ],
    );
}

#[test]
fn labels_of_buttons_that_stop_promotions_are_opt_outs() {
    all_are(
        "opt-out",
        &[
            "Остановить рекламу",
            "Zatrzymaj promocje",
            "프로모션 중단",
            "प्रमोशन रोकें",
            "Bloquear promoções",
            "Promoties stoppen",
            "Werbung stoppen",
        ],
    );
}

#[test]
fn a_short_message_that_begins_with_a_word_of_stopping_is_at_least_for_a_person() {
    all_are(
        "ambiguous",
        &[
            "stop bugging",
            "Stop ya basta hombre",
            "stop c'est bon",
            "Unsubscribe immediatly",
            "СТОП надоели",
            "отпишите немедленно уже",
            "stopp jetzt endlich mal",
            "berhenti dong mas",
            "wypisz natychmiast stąd",
            "afmelden direct graag hoor",
        ],
    );
}

#[test]
fn a_refusal_of_messages_that_no_list_has_is_at_least_for_a_person() {
    all_are_refusals(&[
        "пожалуйста больше никогда не пишите сюда",
        "мне не нужна ваша реклама",
        "перестаньте слать этот спам",
        "удалите из базы мой телефон",
        "ja nie chcę tych waszych reklam",
        "proszę już nic nie wysyłać, nie pisać",
        "przestańcie mi wysyłać ten spam",
        "bu reklam mesajlarını istemiyorum",
        "artık bana reklam göndermeyin",
        "beni bu listeden çıkarın",
        "لا اريد اي رسائل",
        "ما ابغى اعلاناتكم",
        "مش عايز اي رسايل تاني",
        "मुझे ये विज्ञापन नहीं चाहिए",
        "mujhe aapke message nahi chahiye",
        "jangan hubungi nomor ini lagi",
        "tidak mau terima promo",
        "gak mau promo lagi",
        "别再给我推送广告",
        "我不想再收到你们的短信",
        "拒绝营销短信",
    ]);
}

#[test]
fn everyday_messages_are_not_held() {
    all_are(
        "none",
        &[
            "stop by the store",
            "stop at the corner please",
            "stop my order",
            "stop the delivery",
            "last stop before the bridge",
            "remove onions please",
            "exit 4 of the station is closed",
            "where is my order",
            "please call me or text me",
            "no sms came with the code",
            "el precio baja mañana",
            "baja calidad",
            "para mañana a las 5",
            "pare na esquina",
            "parar en la puerta",
            "remover cebola por favor",
            "quero cancelar a consulta",
            "je refuse le colis",
            "arrêt maladie",
            "mein Termin morgen bitte verschieben",
            "wo ist mein Paket",
            "mi cancelli la prenotazione",
            "ik kom morgen",
            "не пришло сообщение с кодом",
            "мне не прислали чек",
            "не присылайте курьера сегодня",
            "остановите доставку",
            "не хочу этот заказ",
            "я не пишу стихи",
            "где мой заказ",
            "nie przyszła wiadomość",
            "nie wysyłajcie paczki dzisiaj",
            "rok temu kupiłem",
            "gdzie jest moja przesyłka",
            "nie chcę tego rozmiaru",
            "mesaj gelmedi",
            "siparişim nerede",
            "bu rengi istemiyorum",
            "siparişi durdurun",
            "ما وصلتني رسالة",
            "وين طلبي",
            "لا ترسلوا الطلب اليوم",
            "ما ابي هذا اللون",
            "मैसेज नहीं आया",
            "मेरा ऑर्डर कहाँ है",
            "दुकान कब बंद होगी",
            "मुझे यह रंग नहीं चाहिए",
            "message nahi aaya",
            "pesanan saya di mana",
            "jangan kirim sekarang ya",
            "tidak mau pesan yang ini",
            "cukup 2 saja",
            "berhenti di halte depan",
            "没收到短信",
            "不要辣",
            "不要忘记给我发消息",
            "我的订单在哪里",
            "别的颜色有吗",
            "谢谢，明天见",
            "thank you see you tomorrow",
            "gracias, nos vemos mañana",
            "danke bis morgen",
            "спасибо до завтра",
            "dziękuję, do jutra",
            "teşekkürler yarın görüşürüz",
            "شكرا الى الغد",
        ],
    );
}

#[test]
fn a_report_that_nothing_came_is_no_refusal() {
    all_are(
        "none",
        &[
            "geen bericht ontvangen",
            "geen berichten ontvangen",
            "keine Nachricht erhalten",
            "keine SMS bekommen",
            "Schicken Sie es nicht mehr",
        ],
    );
    all_are(
        "opt-out",
        &["geen berichten meer ontvangen", "keine Nachrichten mehr erhalten", "Schicken Sie mir nichts mehr"],
    );
    all_are("ambiguous", &["pas de message", "pas de messages svp"]);
}

#[test]
fn enough_is_an_opt_out_where_providers_list_it_and_held_elsewhere() {
    all_are("opt-out", &["no más, gracias", "cukup"]);
    all_are("ambiguous", &["no more, thanks", "enough", "basta", "genug"]);
}
