//! The frames, by language.

use super::Frame;

const fn frame(first: &'static str, then: &'static str, gap: usize) -> Frame {
    Frame { first, then, gap }
}

/// Russian, Polish, Turkish, Arabic, Hindi (in both scripts), Indonesian, in this order.
pub(super) const FRAMES: [Frame; 18] = [
    // "Не присылали" (they have not sent) is no command.
    frame(
        "не, не надо, не нужно, не смейте",
        "пиши, пишите, писать, присылай, присылайте, присылать, шлите, слать, беспокойте, беспокой, беспокоить, тревожьте, \
         спамьте, спамить",
        2,
    ),
    frame(
        "хватит, довольно, перестаньте, перестань, прекратите, прекрати, завязывайте",
        "писать, присылать, слать, отправлять, спамить, беспокоить, рассылк*, реклам*, спам*, сообщени*, смс, sms",
        2,
    ),
    frame(
        "не хочу, не хотим, не надо, не нужн*, не желаю, не интересн*, никаких, никакой, против, отказываюсь, отключите, \
         отключить, остановить, остановите, уберите",
        "сообщени*, рассыл*, реклам*, смс, sms, спам*, уведомлен*, акци*",
        3,
    ),
    frame(
        "уберите, убери, удалите, удали, исключите, сотрите, вычеркните",
        "номер, номера, телефон, меня, базы, рассыл*, контакт*, данные",
        2,
    ),
    frame(
        "nie, proszę nie, już nie",
        "pisz, piszcie, pisać, wysyłaj, wysyłajcie, wysyłać, przysyłaj, przysyłajcie, przysyłać, kontaktuj, kontaktujcie, \
         kontaktować, nękaj, nękajcie, spamuj, spamujcie, spamować",
        3,
    ),
    frame(
        "przestań, przestańcie, przestać, dość, koniec, stop, zatrzymaj, zatrzymajcie, wyłącz, wyłączcie, nie chcę, nie \
         chcemy, nie życzę, nie potrzebuję, nie interesuj*, żadnych, rezygnuję, zablokuj",
        "pisać, wysyłać, przysyłać, spam*, reklam*, wiadomości, sms*, ofert*, newsletter*, promocj*, powiadomień, \
         powiadomienia",
        3,
    ),
    frame(
        "usuń, usuńcie, usunąć, wykreśl, wykreślcie, wypisz, wypiszcie, wykasuj, wykasujcie",
        "numer, numeru, mnie, listy, bazy, dane, kontakt",
        2,
    ),
    frame(
        "mesaj*, sms*, reklam*, bildirim*, kampanya*, tanıtım*, promosyon*",
        "istemiyorum, istemiyoruz, istemem, istemez, atmayın*, atma, göndermeyin*, gönderme, yollamayın*, yollama, \
         yazmayın*, durdur*, kesin, kes, kapat*, iptal, almak istemiyorum",
        2,
    ),
    frame(
        "beni, numaramı, numaram, listeden, listenizden, abonelikten, üyelikten, rehberden, kaydımı",
        "çıkar*, çıkmak, silin, sil, siliniz, kaldırın, ayrılmak",
        3,
    ),
    frame("bir daha, artık", "yazmayın*, yazma, aramayın*, atmayın*, göndermeyin*, rahatsız", 2),
    // "ما وصلتني رسالة" (no message came) has no word of wanting.
    frame(
        "لا أريد, لا أرغب, لا أحتاج, لا نريد, ما أبي, ما أبغى, ما أبغي, مابي, ما بدي, مش عايز, مش عايزه, مش عاوز, مو \
         عايز, مش محتاج, كفايه, كفى, بدون, أوقف*, وقف*, بطلوا, بطل, إيقاف",
        "رسائل*, الرسائل, رسايل*, رسالة, رساله, اعلانات*, الاعلانات, إعلانات*, عروض*, العروض, دعايه*, ترسل*, تبعت*",
        3,
    ),
    frame(
        "لا ترسل*, لا تبعت*, ما ترسل*, لا تراسل*, لا تزعج*",
        "رسائل*, لي, شيء, شي, ني, مره, مجددا, ابدا, بعد",
        2,
    ),
    frame("احذف*, امسح*, شيل*, شطب*, أزيلوا, أزل", "رقمي, الرقم, اسمي, بياناتي, القائمه", 1),
    frame(
        "मैसेज*, मेसेज*, संदेश*, एसएमएस, विज्ञापन*, प्रमोशन*, ऑफर*, sms*, msg*, message*, messages",
        "मत, नहीं चाहिए, नही चाहिए, ना भेज*, न भेज*, बंद, बन्द, रोक*, nahi chahiye, nahin chahiye, mat, band, na bhej*",
        2,
    ),
    frame("नंबर, नम्बर, number, नाम", "हटा*, डिलीट*, निकाल*, मिटा*, hatao, hata do, delete karo", 2),
    frame("मत, mat, dobara mat, दोबारा मत", "भेजो, भेजना, भेजें, bhejo, bhejna, bhejiye, likho", 1),
    // "Pesan" is an order as well as a message.
    frame(
        "jangan, tidak mau, gak mau, nggak mau, ga mau, tidak ingin, tidak usah, gak usah, tak nak, stop, berhenti, hentikan",
        "promosi, promo, sms, iklan, spam*, hubungi*, menghubungi, ganggu*, mengganggu, kirim pesan, kirimi pesan, kirim wa, \
         kirim sms, mengirim pesan, terima pesan, menerima pesan, hantar mesej, terima mesej, chat lagi, wa lagi",
        3,
    ),
    frame("hapus, hapuskan, keluarkan, padam", "nomor, nomer, nombor, no hp, data saya, saya dari", 1),
];
