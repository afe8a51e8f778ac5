//! Hindi (also in Latin letters), Gujarati, Marathi, Tamil, Telugu, Bengali.

use super::Language;

pub(super) const LANGUAGES: &[Language] = &[HINDI, HINGLISH, GUJARATI, MARATHI, TAMIL, TELUGU, BENGALI];

const HINDI: Language = Language {
    tag: "hi",
    opt_out: "प्रमोशन रोकें, मेरा नंबर हटाओ, मेरा नंबर हटा दो, मेरा नंबर हटाएं, प्रमोशन बंद करें, \
        रोको, रोक, रोकें, रोक दो, बंद, बन्द, बंद करो, बन्द करो, बंद करें, बंद कर दो, बंद कीजिए, \
        मैसेज बंद करो, मैसेज मत भेजो, मैसेज मत करो, संदेश बंद करें, संदेश मत भेजें, मुझे मैसेज मत भेजो, मुझे मैसेज मत करो, मत भेजो, स्टॉप, \
        सदस्यता समाप्त करें, अनसब्सक्राइब, \
        संदेश भेजना बंद करें, मुझे संदेश भेजना बंद करें, मैसेज भेजना बंद करो, मैसेज भेजना बंद करें, \
        मुझे मैसेज भेजना बंद करो, मुझे मैसेज भेजना बंद करें, मुझे संदेश मत भेजो, मुझे संदेश मत भेजें, \
        मुझे संदेश नहीं चाहिए, मुझे मैसेज नहीं चाहिए, मैं अपनी सहमति वापस लेता हूँ, \
        मैं अपनी सहमति वापस लेती हूँ",
    opt_out_bare: "रद्द, रद्द करें, रद्द करो, कैंसल, हटाओ",
    ambiguous: "बस, बस करो, नहीं चाहिए, मुझे नहीं चाहिए, परेशान मत करो, गलत नंबर, रुको",
    opt_in: "चालू करो, चालू करें, चालू, शुरू, शुरू करो, शुरू करें, सदस्यता लें, स्टार्ट",
    yes: "हाँ, हां, जी हाँ, जी हां",
    okay: "जी, ठीक है, सहमत, मंज़ूर है, स्वीकार है, ओके",
    no: "नहीं, नही, ना, जी नहीं, अभी नहीं, असहमत",
    courtesy: "कृपया, प्लीज़, प्लीज, धन्यवाद, शुक्रिया, नमस्ते, नमस्कार, अभी, तुरंत, सर, थैंक यू",
};

const HINGLISH: Language = Language {
    tag: "hi-Latn",
    opt_out: "band karo, bandh karo, band kar do, bandh kar do, band kardo, band karein, band kijiye, \
        message band karo, msg band karo, messages band karo, rok, roko, rokdo, rok do, mat bhejo, \
        message mat bhejo, msg mat bhejo, message mat karo, msg mat karo, mujhe message mat karo, \
        mujhe message mat bhejo, stop karo, stop kar do, \
        message bhejna band karo, msg bhejna band karo, message bhejna band kare, \
        mujhe message bhejna band karo, mujhe msg mat bhejo, mujhe message nahi chahiye",
    opt_out_bare: "cancel karo, cancel kar do",
    ambiguous: "band, bandh, bas, bas karo, nahi chahiye, nahin chahiye, mujhe nahi chahiye, pareshan mat karo, \
        galat number",
    opt_in: "shuru karo, shuru, shuru kare, chalu karo, chalu, start karo",
    yes: "haan, han, haa, haan ji, ji haan",
    okay: "ji, theek hai, thik hai, ok ji, manzoor hai",
    no: "nahi, nahin, nai, nahi ji, ji nahi, abhi nahi",
    courtesy: "kripya, dhanyavad, dhanyawad, shukriya, namaste, namaskar, abhi, bhai, yaar, turant",
};

const GUJARATI: Language = Language {
    tag: "gu",
    opt_out: "બંધ, બંધ કરો, બંધ કરી દો, રોકો, મેસેજ બંધ કરો, મેસેજ મોકલશો નહીં, સ્ટોપ, અટકાવો",
    opt_out_bare: "રદ, રદ કરો",
    ambiguous: "બસ, નથી જોઈતું, મારે નથી જોઈતું, ખોટો નંબર",
    opt_in: "શરૂ કરો, શરૂ, ચાલુ કરો, ચાલુ",
    yes: "હા, હા જી",
    okay: "બરાબર, સંમત, ઠીક છે",
    no: "ના, નહીં, હમણાં નહીં",
    courtesy: "કૃપા કરીને, મહેરબાની કરીને, આભાર, ધન્યવાદ, નમસ્તે, પ્લીઝ, હમણાં",
};

const MARATHI: Language = Language {
    tag: "mr",
    opt_out: "बंदकरा, बंद करा, थांबवा, मेसेज बंद करा, मेसेज पाठवू नका, संदेश पाठवू नका, स्टॉप करा",
    opt_out_bare: "रद्द करा",
    ambiguous: "थांबा, पुरे, नको, मला नको, चुकीचा नंबर",
    opt_in: "सुरू करा, सुरू, चालू करा",
    // "हो" is a "be" in Hindi.
    yes: "होय",
    okay: "हो, ठीक आहे, मान्य आहे",
    no: "नाही, आता नाही",
    courtesy: "कृपया करून, आभारी आहे, आभार, आता, लगेच",
};

const TAMIL: Language = Language {
    tag: "ta",
    opt_out: "நிறுத்து, நிறுத்தவும், நிறுத்துங்கள், நிறுத்துக, செய்தி அனுப்ப வேண்டாம், அனுப்ப வேண்டாம், \
        அனுப்பாதீர்கள், ஸ்டாப்",
    opt_out_bare: "ரத்து, ரத்து செய்",
    ambiguous: "வேண்டாம், போதும், எனக்கு வேண்டாம், தவறான எண்",
    opt_in: "தொடங்கு, தொடங்கவும், தொடரவும், ஆரம்பி",
    yes: "ஆம், ஆமாம்",
    okay: "சரி, சம்மதம், ஒப்புக்கொள்கிறேன்",
    no: "இல்லை",
    courtesy: "தயவுசெய்து, தயவு செய்து, நன்றி, வணக்கம், இப்போது, உடனே",
};

const TELUGU: Language = Language {
    tag: "te",
    opt_out: "ఆపండి, ఆపు, ఆపేయండి, నిలిపివేయండి, మెసేజ్ పంపవద్దు, సందేశాలు పంపవద్దు, పంపవద్దు, పంపకండి, స్టాప్",
    opt_out_bare: "రద్దు, రద్దు చేయండి",
    ambiguous: "వద్దు, నాకు వద్దు, చాలు, తప్పు నంబర్",
    opt_in: "ప్రారంభించు, ప్రారంభించండి, మొదలుపెట్టండి, కొనసాగించు",
    yes: "అవును, ఔను",
    okay: "సరే, అంగీకరిస్తున్నాను",
    no: "కాదు, లేదు",
    courtesy: "దయచేసి, ధన్యవాదాలు, నమస్కారం, నమస్తే, ఇప్పుడు, వెంటనే",
};

const BENGALI: Language = Language {
    tag: "bn",
    opt_out: "বন্ধ, বন্ধ করুন, বন্ধ করো, বন্ধ কর, থামান, থামাও, মেসেজ বন্ধ করুন, মেসেজ পাঠাবেন না, \
        বার্তা পাঠাবেন না, আর মেসেজ পাঠাবেন না, স্টপ",
    opt_out_bare: "বাতিল, বাতিল করুন",
    ambiguous: "থামুন, থামো, চাই না, আমি চাই না, দরকার নেই, যথেষ্ট, ভুল নম্বর",
    opt_in: "শুরু, শুরু করুন, চালু করুন, চালু",
    yes: "হ্যাঁ, হ্যা",
    okay: "জি, ঠিক আছে, রাজি, সম্মত",
    no: "না, এখন না, জি না",
    courtesy: "দয়া করে, অনুগ্রহ করে, প্লিজ, ধন্যবাদ, নমস্কার, হ্যালো, এখন, এখনই",
};
