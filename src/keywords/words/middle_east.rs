//! Turkish, Arabic, Hebrew.

use super::Language;

pub(super) const LANGUAGES: &[Language] = &[TURKISH, ARABIC, HEBREW];

const TURKISH: Language = Language {
    tag: "tr",
    opt_out: "bir daha mesaj atmayın, reklam istemiyorum, sms istemiyorum, listeden çıkarın, numaramı silin, numaramı sil, \
        abonelikten çıkmak istiyorum, bir daha yazmayın, çıkmak istiyorum, listeden çıkmak istiyorum, \
        promosyonları durdur, mesajları durdur, \
        abonelikten çık, abonelikten çıkar, üyelikten çık, aboneliği iptal et, abonelik iptal, durdur, \
        durdurun, ret, mesaj istemiyorum, mesaj almak istemiyorum, mesaj atmayın, mesaj göndermeyin, \
        bana yazmayın, listeden çıkar, beni listeden çıkarın, iptal et, iptal edin, \
        bana mesaj atmayın, bana mesaj göndermeyin, bana mesaj atma, mesaj atma, mesaj gönderme, \
        bana mesaj gönderme, artık mesaj atmayın, artık mesaj göndermeyin, artık mesaj istemiyorum, \
        mesaj almak istemiyorum artık, onayımı geri çekiyorum, rızamı geri çekiyorum",
    opt_out_bare: "iptal, İPTAL, sil, bitir",
    ambiguous: "dur, durun, yeter, istemiyorum, ilgilenmiyorum, rahatsız etmeyin, beni rahat bırakın, çık, çıkış, \
        yanlış numara, vazgeç, vazgeçtim",
    opt_in: "başla, başlat, abone ol, üye ol, devam, devam et, kaydol",
    yes: "evet, evet istiyorum",
    okay: "tamam, olur, kabul, kabul ediyorum, onaylıyorum, onay, tabii",
    no: "hayır, yok, şimdi değil, kabul etmiyorum, onaylamıyorum, reddediyorum",
    courtesy: "lütfen, teşekkürler, teşekkür ederim, sağ olun, sağol, merhaba, selam, günaydın, iyi günler, \
        iyi akşamlar, hemen, artık",
};

const ARABIC: Language = Language {
    tag: "ar",
    opt_out: "لا أريد رسائل منكم, ما أبي رسائل, ما أبغى رسائل, مش عايز رسائل, مش عاوز رسائل, احذف رقمي, احذفوا رقمي, \
        كفى رسائل, \
        إيقاف العروض الترويجية, ايقاف العروض, \
        توقف, وقف, أوقف, أوقفوا, إيقاف, ايقاف, إلغاء الاشتراك, الغاء الاشتراك, الغي الاشتراك, \
        إلغاء اشتراكي, لا تراسلني, لا تراسلوني, لا ترسل, لا ترسلوا, لا ترسل لي رسائل, لا ترسلوا لي رسائل, \
        توقف عن المراسلة, توقفوا عن المراسلة, توقف عن الإرسال, إيقاف الرسائل, وقف الرسائل, لا أريد رسائل, \
        لا أريد استقبال الرسائل, ستوب, احذفني من القائمة, توقفوا, \
        لا أريد استقبال رسائل, لا أريد استلام رسائل, لا أريد استلام الرسائل, لا أريد رسائلكم, \
        لا أريد تلقي رسائل, لا أريد تلقي الرسائل, لا أريد المزيد من الرسائل, توقف عن إرسال الرسائل, \
        توقفوا عن إرسال الرسائل, توقف عن إرسال رسائل, توقفوا عن الإرسال, أوقفوا الرسائل, أوقف الرسائل, \
        لا ترسلوا رسائل, لا ترسل رسائل, أسحب موافقتي",
    opt_out_bare: "قف, إلغاء, الغاء, الغ, حذف, خروج",
    ambiguous: "كفى, يكفي, خلاص, لا أريد, ما أبي, مش عايز, غير مهتم, لست مهتما, اتركوني, رقم خاطئ, رقم غلط, حظر",
    // "ابدأ" is one too, but not without its hamza: see `TOLD_BY_ACCENT`.
    opt_in: "اشتراك, اشترك, بدء, استئناف, تفعيل, أريد الاشتراك, متابعة",
    yes: "نعم, ايوه, أيوا, نعم أوافق",
    // "أجل" without its hamza is "put it off".
    okay: "أجل, موافق, موافقة, أوافق, حسنا, تمام, أؤكد, طيب, اوك",
    no: "لا, كلا, ليس الآن, لا أوافق, غير موافق, أرفض",
    courtesy: "من فضلك, من فضلكم, لو سمحت, لو سمحتم, رجاء, رجاءً, شكرا, شكرا جزيلا, مرحبا, السلام عليكم, \
        صباح الخير, مساء الخير, الآن, فورا, أهلا",
};

// "הסר" is what Israeli law has senders ask for.
const HEBREW: Language = Language {
    tag: "he",
    opt_out: "הסר, הסירו, הסר אותי, הסירו אותי, הסרה, להסרה, להסיר אותי, תסירו אותי, תסיר אותי, הסר מרשימה, הסר מהרשימה, \
        תורידו אותי מהרשימה, ביטול הרשמה, ביטול מנוי, ביטול רישום, הפסק, הפסיקו, הפסיקו לשלוח, תפסיקו לשלוח, \
        תפסיקו לשלוח לי הודעות, אל תשלחו, אל תשלחו לי, אל תשלחו לי הודעות, לא רוצה לקבל הודעות, סטופ, \
        תפסיקו לשלוח הודעות, תפסיקו לשלוח לי, הפסיקו לשלוח הודעות, הפסיקו לשלוח לי הודעות, \
        תפסיק לשלוח הודעות, תפסיק לשלוח לי הודעות, אל תשלחו הודעות, אל תשלח לי הודעות, \
        אני לא רוצה לקבל הודעות, לא רוצה הודעות, אני לא רוצה הודעות, תמחקו אותי מהרשימה, \
        אני מבטל את הסכמתי, אני מבטלת את הסכמתי",
    opt_out_bare: "ביטול, בטל, מחק, עצור",
    ambiguous: "די, מספיק, תפסיקו, תפסיק, לא מעוניין, לא מעוניינת, עזבו אותי, תעזבו אותי, מספר שגוי, טעות במספר, \
        לא רוצה, חסום, ספאם",
    opt_in: "הרשמה, הירשם, הצטרף, התחל, רוצה להירשם",
    yes: "כן, כן בטח",
    okay: "מסכים, מסכימה, אני מסכים, אני מסכימה, מאשר, מאשרת, בסדר, אוקיי",
    no: "לא, לא עכשיו, לא מסכים, לא מסכימה, מסרב, מסרבת",
    courtesy: "בבקשה, תודה, תודה רבה, שלום, היי, בוקר טוב, ערב טוב, עכשיו, מיד, סליחה",
};
