//! Indonesian and Malay, Filipino, Vietnamese, Thai, Chinese, Japanese, Korean.

use super::Language;

pub(super) const LANGUAGES: &[Language] =
    &[INDONESIAN_MALAY, FILIPINO, VIETNAMESE, THAI, CHINESE, JAPANESE, KOREAN];

const INDONESIAN_MALAY: Language = Language {
    tag: "id",
    // "Cukup" (enough) is an opt-out in the lists of providers, where other languages only hold theirs.
    opt_out: "hapus nomor saya, batal langganan, jangan ganggu lagi, berhenti langganan, \
        hentikan promosi, hentikan pesan, jangan kirim promosi, \
        berhenti, henti, matikan, hentikan, cukup, tidak mau lagi, berhenti berlangganan, henti langganan, \
        unreg, jangan kirim, jangan kirim pesan, jangan kirim pesan lagi, jangan kirim lagi, \
        jangan hubungi saya, jangan hubungi saya lagi, jangan hantar mesej, jangan hantar mesej lagi, \
        stop pesan, tolong berhenti, batalkan langganan, \
        saya tidak mau menerima pesan, saya tidak ingin menerima pesan, tidak mau menerima pesan, \
        tidak ingin menerima pesan, saya tidak mau menerima pesan lagi, tidak mau menerima pesan lagi, \
        berhenti kirim pesan, berhenti mengirim pesan, stop kirim pesan, jangan kirimi saya pesan, \
        jangan kirimi saya pesan lagi, saya tidak mahu terima mesej, saya tak nak terima mesej, \
        berhenti hantar mesej, saya menarik persetujuan, menarik persetujuan saya, saya mencabut persetujuan",
    opt_out_bare: "batal, batalkan, keluar, hapus",
    ambiguous: "tidak tertarik, tidak mau, tidak berminat, tak berminat, gak mau, nggak mau, tak nak, jangan, \
        jangan ganggu, jangan ganggu saya, salah nomor, salah nombor, sudah cukup, blokir",
    opt_in: "mulai, mula, berlangganan, langganan, langgan, daftar, lanjut, teruskan",
    yes: "ya, iya, ya setuju, ya mau",
    okay: "setuju, boleh, baik, baiklah, oke",
    no: "tidak, gak, nggak, enggak, tidak setuju, tak setuju, bukan",
    courtesy: "tolong, mohon, sila, terima kasih, makasih, trims, halo, hai, selamat pagi, selamat siang, \
        selamat sore, selamat malam, sekarang, segera, pak, bu, kak, min, maaf",
};

const FILIPINO: Language = Language {
    tag: "fil",
    opt_out: "tumigil, itigil, tigil, ihinto, hinto, huminto, tama na, itigil na, huwag na magpadala, \
        huwag magpadala, huwag na mag-text, huwag na kayong magpadala, \
        wag na po kayo mag text, wag na kayo mag text, huwag na po kayo mag text, huwag na kayo mag text, \
        wag na mag text, wag na po mag text, wag na kayong mag text, wag na po kayong mag text, \
        huwag na po kayong mag text, wag na po kayo magtext, wag na kayo magtext, wag na magtext, \
        wag na po magtext, wag na magsend, wag na po kayo magsend, wag na po kayong magpadala, \
        wag na magpadala, ayaw ko na makatanggap ng mensahe, itigil ang mga mensahe",
    opt_out_bare: "kanselahin, i-cancel",
    ambiguous: "ayaw, ayoko, ayoko na, ayaw ko, ayaw ko na, hindi ako interesado, maling numero, huwag, sapat na",
    opt_in: "simulan, magsimula, ituloy, mag-subscribe, sumali",
    yes: "oo, opo",
    okay: "oo naman, sige, sige po, pumapayag ako, payag ako, tama",
    no: "hindi, hindi po, hindi ngayon, hindi ako payag",
    courtesy: "paki, pakiusap, salamat, salamat po, maraming salamat, po, kumusta, magandang umaga, \
        magandang hapon, magandang gabi, ngayon na",
};

const VIETNAMESE: Language = Language {
    tag: "vi",
    opt_out: "ngừng gửi tin, ngừng gửi tin nhắn, \
        dung, dừng, dừng lại, ngừng, ngưng, dừng gửi, ngừng gửi, đừng gửi, đừng gửi nữa, đừng nhắn tin, \
        đừng nhắn tin nữa, đừng gửi tin nhắn, đừng gửi tin nhắn nữa, hủy đăng ký, huỷ đăng ký, \
        từ chối nhận tin, không nhận tin, không nhận tin nữa, \
        tôi không muốn nhận tin nhắn, tôi không muốn nhận tin nhắn nữa, không muốn nhận tin nhắn, \
        không muốn nhận tin nhắn nữa, không muốn nhận tin, đừng gửi tin nhắn cho tôi, \
        đừng gửi tin nhắn cho tôi nữa, đừng nhắn tin cho tôi, đừng nhắn tin cho tôi nữa, dừng gửi tin nhắn, \
        ngừng gửi tin nhắn, ngừng nhắn tin, tôi rút lại sự đồng ý",
    opt_out_bare: "từ chối, hủy bỏ",
    // Hủy is also a man's given name once its accent is gone.
    ambiguous: "tắt, tắt thông báo, \
        hủy, thôi, đủ rồi, không quan tâm, tôi không quan tâm, đừng làm phiền, nhầm số, không muốn",
    opt_in: "bắt đầu, đăng ký, tiếp tục, đăng kí",
    // "Có" is one too, but not without its accent: see `TOLD_BY_ACCENT`.
    yes: "vâng, dạ vâng",
    okay: "dạ, đồng ý, tôi đồng ý, được, xác nhận",
    no: "không, ko, không đồng ý, dạ không, không phải bây giờ",
    courtesy: "làm ơn, vui lòng, xin, cảm ơn, cám ơn, xin chào, chào, ngay, ngay bây giờ, nhé, ạ",
};

// Written without spaces; politeness is put on without one too, see `POLITE_SUFFIXES`.
const THAI: Language = Language {
    tag: "th",
    opt_out: "หยุด, หยุดส่ง, หยุดส่งข้อความ, หยุดรับข้อความ, เลิกส่ง, เลิกส่งข้อความ, ยกเลิกการสมัคร, ยกเลิกสมาชิก, \
        ยกเลิกรับข้อความ, ยกเลิกการรับข้อความ, ยกเลิกข้อความ, ไม่รับข้อความ, ไม่ต้องการรับข้อความ, ไม่อยากรับข้อความ, ไม่ต้องส่งมา, \
        ไม่ต้องส่งมาอีก, อย่าส่งมา, อย่าส่งมาอีก, อย่าส่งข้อความ, สต็อป, \
        ไม่รับข่าวสาร, ไม่ต้องการรับข่าวสาร, ไม่อยากรับข่าวสาร, ยกเลิกรับข่าวสาร, ยกเลิกการรับข่าวสาร, \
        หยุดส่งข่าวสาร, อย่าส่งข้อความมา, อย่าส่งข้อความมาอีก, หยุดส่งข้อความมา, ไม่ต้องส่งข้อความมา, \
        ไม่ต้องส่งข้อความมาอีก, ถอนความยินยอม, ขอถอนความยินยอม",
    opt_out_bare: "ยกเลิก, ลบ, ออก",
    ambiguous: "พอ, พอแล้ว, ไม่สนใจ, ไม่เอา, ไม่เอาแล้ว, รำคาญ, เบอร์ผิด, บล็อก, อย่ารบกวน, สแปม, ไม่อยากได้",
    opt_in: "เริ่ม, สมัคร, สมัครสมาชิก, ขอรับข้อความ, รับข้อความ",
    yes: "ใช่",
    okay: "ตกลง, ยินยอม, ยอมรับ, ได้, โอเค, ยืนยัน, เห็นด้วย",
    no: "ไม่, ไม่ใช่, ไม่ตกลง, ไม่ยินยอม, ไม่ยอมรับ, ปฏิเสธ, ไม่เห็นด้วย",
    courtesy: "ครับ, ค่ะ, คะ, นะ, ขอบคุณ, ขอบคุณครับ, ขอบคุณค่ะ, กรุณา, โปรด, สวัสดี, สวัสดีครับ, สวัสดีค่ะ, ขอโทษ",
};

const CHINESE: Language = Language {
    tag: "zh",
    opt_out: "请勿打扰, 請勿打擾, 不要再发信息了, 不要再发消息了, 不要再发短信了, 不要再發訊息了, 停止促销, 停止促銷, 停止推广, 停止推廣, \
        停止, 退订, 退訂, 取消订阅, 取消訂閱, 我要退订, 我要退訂, 停止发送, 停止發送, 不要再发, 不要再發, 不要再发了, 不要再發了, 别再发了, 別再發了, 别发了, 別發了, \
        不要发信息, 拒收, 停止接收, 不要再联系我, 不要再聯絡我, 不想收到消息, 停發, 停发, \
        不要再给我发信息, 不要再給我發訊息, 不要再给我发消息, 不要再给我发短信, 不要给我发信息, 不要给我发消息, 不要給我發訊息, 不要再發訊息, 不要再发信息, 不要再发消息, 别再给我发信息, \
        别再给我发消息, 別再給我發訊息, 别给我发信息, 别给我发消息, 別給我發訊息, 我不想收到信息, 我不想收到消息, 我不想收到訊息, 我不想再收到信息, 我不想再收到訊息, 不要发消息, \
        停止发信息, 停止发送信息, 停止發送訊息, 我撤回同意, 撤回同意, 撤销同意, 撤銷同意",
    opt_out_bare: "取消, 退出, 结束, 結束",
    ambiguous: "够了, 夠了, 停, 不感兴趣, 不感興趣, 没兴趣, 沒興趣, 别烦我, 別煩我, 打错了, 屏蔽, 骚扰, 騷擾",
    opt_in: "订阅, 訂閱, 开始, 開始, 我要订阅, 我要訂閱, 恢复, 恢復, 继续, 繼續",
    yes: "是, 是的",
    okay: "好, 好的, 好啊, 可以, 同意, 我同意, 确认, 確認, 行, 愿意, 願意, 嗯",
    no: "不需要, \
        不, 否, 不要, 不用, 不用了, 不是, 不同意, 不可以, 不行, 拒绝, 拒絕",
    courtesy: "谢谢, 謝謝, 谢谢你, 請, 请, 你好, 您好, 麻烦, 麻煩, 马上, 馬上, 立即, 多谢, 多謝",
};

const JAPANESE: Language = Language {
    tag: "ja",
    opt_out: "プロモーションを停止, 宣伝を停止, \
        停止, 配信停止, 配信を停止, 配信解除, 登録解除, 購読解除, 購読停止, 送らないで, 送らないでください, もう送らないで, もう送らないでください, メッセージを送らないでください, \
        ストップ, 受信拒否, 退会, オプトアウト, \
        メッセージを送らないで, メッセージ不要, メッセージはいりません, メッセージの配信を停止してください, 同意を撤回します",
    opt_out_bare: "キャンセル, 解約, 解除, 中止",
    ambiguous: "やめて, 止めて, やめてください, やめる, いらない, 要らない, いりません, 興味ない, 興味ありません, ブロック, 迷惑, 番号違い",
    opt_in: "登録, 購読, 再開, 配信再開, 開始, 配信開始, スタート",
    yes: "はい",
    okay: "ええ, うん, 了解, 了解しました, 同意, 同意します, 承諾, オーケー, お願いします",
    no: "いいえ, いや, いえ, 結構です, 同意しません, お断りします",
    courtesy: "ください, ありがとう, ありがとうございます, すみません, こんにちは, こんばんは, おはようございます, 今すぐ, どうぞ",
};

const KOREAN: Language = Language {
    tag: "ko",
    opt_out: "프로모션 중단, 프로모션 중지, 광고 중단, 광고 중지, 중지, 중단, 수신거부, 수신 거부, 수신중지, 구독취소, 구독 취소, 구독해지, 구독 해지, 그만 보내세요, 그만 보내주세요, 보내지 마세요, 메시지 보내지 마세요, \
        더 이상 보내지 마세요, 스톱, 스탑, 그만, \
        문자 보내지 마, 문자 보내지 마세요, 문자 그만 보내세요, 문자 그만 보내, 그만 보내, 메시지 보내지 마, 메시지 그만 보내세요, 더 이상 문자 보내지 마세요, \
        더 이상 메시지 보내지 마세요, 보내지 마, 문자 받고 싶지 않아요, 메시지 받고 싶지 않아요, 동의를 철회합니다, 동의 철회",
    opt_out_bare: "취소, 해지, 거부, 탈퇴, 종료",
    ambiguous: "그만해, 그만하세요, 관심 없어요, 관심없음, 필요 없어요, 필요없어요, 연락하지 마세요, 차단, 잘못된 번호, 싫어요",
    opt_in: "시작, 구독, 구독 신청, 수신동의, 수신 동의, 재개, 계속",
    yes: "네, 넵, 예",
    okay: "응, 좋아요, 동의, 동의합니다, 확인, 알겠습니다, 오케이",
    no: "아니요, 아니오, 아니, 아뇨, 동의하지 않습니다, 괜찮습니다",
    courtesy: "부탁드립니다, 부탁해요, 감사합니다, 고맙습니다, 안녕하세요, 죄송합니다, 지금, 당장, 제발",
};
