extension Letter {
    static func hindi(_ letter: Letter) -> LetterWords {
        let ignore = "अगर यह अनुरोध आपने नहीं किया, तो इस पत्र को अनदेखा करें: कुछ नहीं बदलेगा।"
        let wasNotYou =
            "अगर यह आप नहीं थे, तो तुरंत नया पासवर्ड बनाएँ (साइन-इन पृष्ठ पर “Lost your password?”) और सेटिंग्स में अपने सत्र जाँचें।"
        func words(_ subject: String, _ paragraphs: String..., action: String? = nil, then: [String] = [])
            -> LetterWords
        {
            LetterWords(
                subject: subject, paragraphs: paragraphs, action: action, afterwards: then,
                footer: "Purser द्वारा भेजा गया:")
        }
        switch letter {
        case .verifyAddress:
            return words(
                "अपना ई-मेल पता पुष्ट करें", "कृपया पुष्टि करें कि यह पता आपका है। यह लिंक 24 घंटे तक चलता है।",
                action: "पता पुष्ट करें", then: [ignore])
        case .resetPassword:
            return words(
                "नया पासवर्ड बनाएँ",
                "कोई, शायद आप ही, आपके खाते का नया पासवर्ड बनाना चाहता है। यह लिंक एक ही बार और एक घंटे तक चलता है।",
                action: "नया पासवर्ड बनाएँ", then: [ignore])
        case .confirmNewAddress:
            return words(
                "अपना नया ई-मेल पता पुष्ट करें",
                "कृपया पुष्टि करें कि अब से आप इस पते से साइन इन करना चाहते हैं। यह लिंक 24 घंटे तक चलता है।",
                action: "यही पता इस्तेमाल करें", then: [ignore])
        case .addressChanging(let new):
            return words(
                "आपका ई-मेल पता बदलने वाला है",
                "आपका पासवर्ड जानने वाला कोई व्यक्ति आपके खाते का पता \(new) करना चाहता है। उस पते की पुष्टि होने पर यह बदल जाएगा।",
                wasNotYou)
        case .addressChanged(let new):
            return words(
                "आपका ई-मेल पता बदल गया", "अब से आप \(new) से साइन इन करेंगे। यह पता अब काम में नहीं आता।",
                "अगर यह आप नहीं थे, तो तुरंत इस सर्वर के संचालकों से सहायता माँगें।")
        case .passwordChanged:
            return words("आपका पासवर्ड बदल गया", "आपके खाते का पासवर्ड बदला गया।", wasNotYou)
        case .factorChanged(let change):
            let (subject, text) = hindi(change)
            return words(subject, text, wasNotYou)
        case .newSignIn(let device, let address, let at):
            return words(
                "आपके खाते में नया साइन-इन",
                "आपके खाते में ऐसे नेटवर्क से साइन इन हुआ जहाँ से पहले कभी नहीं हुआ था।\n\(device)\n\(address)\n\(at.inLetters)",
                wasNotYou)
        case .completeRegistration:
            return words(
                "आपका नया खाता",
                "कोई, शायद आप ही, इस पते से खाता खोलना चाहता है। लिंक खोलें और चुना हुआ पासवर्ड लिखें। यह 24 घंटे तक चलता है।",
                action: "खाता खोलें", then: [ignore])
        case .accountExists:
            return words(
                "आपका खाता पहले से है",
                "किसी ने, शायद आपने, इस पते से खाता खोलना चाहा। खाता पहले से है: साइन इन करें। पासवर्ड खो गया हो तो साइन-इन पृष्ठ से नया बनाएँ।",
                action: "साइन इन करें", then: [ignore])
        case .keyMade(let name, let scopes):
            return words(
                "प्रोग्राम के लिए नई कुंजी",
                "आपके खाते के लिए कुंजी “\(name)” बनाई गई। जिस प्रोग्राम के पास यह है, वह आपके नाम से यह कर सकता है: \(scopes)।",
                "अगर यह आप नहीं थे, तो सेटिंग्स में कुंजी रद्द करें और तुरंत नया पासवर्ड बनाएँ।")
        case .locked(let address, let minutes):
            return words(
                "किसी ने आपका पासवर्ड आज़माया",
                "\(address) से आपके खाते के लिए बहुत सारे ग़लत पासवर्ड आए। वहाँ से \(minutes) मिनट तक कोई साइन इन नहीं कर सकता।",
                "अगर यह आप थे, तो प्रतीक्षा करें या नया पासवर्ड बनाएँ। नहीं तो आपको कुछ नहीं करना है।")
        case .members(let news):
            let (subject, text) = hindi(news)
            return words(subject, text, "साझा बहियों के पत्र आप सेटिंग्स में “Letters” के नीचे बंद कर सकते हैं।")
        case .deletionAsked(let at):
            return words(
                "आपका खाता हटाया जाएगा",
                "आपका खाता \(at.inLetters) को हटाया जाएगा। तब तक आप इसे रख सकते हैं: साइन इन करें और “Keep my account” चुनें।",
                "उसके बाद आपका नाम, चित्र और साइन-इन की सारी जानकारी मिटा दी जाएगी। साझा बहियों में जो आपने लिखा है, वह आपके नाम के बिना वहीं रहेगा।",
                wasNotYou)
        case .deletionCancelled:
            return words("आपका खाता बना रहेगा", "आपका खाता नहीं हटाया जाएगा। सब कुछ पहले जैसा है।", wasNotYou)
        case .accountDeleted:
            return words(
                "आपका खाता हटा दिया गया",
                "आपके कहने पर आपका खाता हटा दिया गया। यह पता रखा नहीं जाता; इस पते पर यह अंतिम पत्र है।")
        }
    }

    private static func hindi(_ news: MemberNews) -> (String, String) {
        switch news {
        case .joined(let name, let book):
            ("\(name) अब “\(book)” में हैं", "\(name) ने बही “\(book)” का आपका आमंत्रण स्वीकार किया।")
        case .roleChanged(let book, let part):
            (
                "“\(book)” में आपकी भूमिका बदल गई", hindi(part, in: book)
            )
        case .removed(let book):
            ("अब आप “\(book)” में नहीं हैं", "आपको बही “\(book)” से हटाया गया। आपका लिखा उसमें बना रहेगा।")
        case .given(let book): ("“\(book)” अब आपकी है", "बही “\(book)” आपको दी गई। अब से आप उसके स्वामी हैं।")
        }
    }

    private static func hindi(_ part: BookPart, in book: String) -> String {
        switch part {
        case .owner: "अब आप बही “\(book)” के स्वामी हैं: आप उसमें सब कुछ कर सकते हैं।"
        case .admin: "अब आप बही “\(book)” के प्रबंधक हैं: आप उसमें सब कुछ और उसके सदस्य भी बदल सकते हैं।"
        case .member: "अब आप बही “\(book)” के सदस्य हैं: आप लिखते हैं और अपना लिखा बदलते हैं।"
        case .viewer: "अब आप बही “\(book)” में सब कुछ देख सकते हैं, बदल कुछ नहीं सकते।"
        case .other: "बही “\(book)” में अब आपकी भूमिका दूसरी है। आप क्या कर सकते हैं, यह उसी से तय होता है।"
        }
    }

    private static func hindi(_ change: FactorChange) -> (String, String) {
        switch change {
        case .codesOn: ("कोड से साइन-इन चालू है", "अब से आपका खाता आपके उपकरण का कोड भी माँगेगा।")
        case .codesOff: ("कोड से साइन-इन बंद है", "आपका खाता अब आपके उपकरण का कोड नहीं माँगता।")
        case .recoveryCodesRenewed: ("नए रिकवरी कोड", "आपके खाते के लिए नए रिकवरी कोड बनाए गए। पुराने अब नहीं चलेंगे।")
        case .codesRequired: ("दूसरा प्रमाण ज़रूरी है", "इस सर्वर के संचालक चाहते हैं कि आप दूसरे प्रमाण के साथ साइन इन करें।")
        case .recoveryCodeUsed(let left):
            ("रिकवरी कोड काम में आया", "आपके खाते में रिकवरी कोड से साइन इन हुआ। \(left) कोड बचे हैं।")
        case .passkeyAdded(let name): ("पासकी जोड़ी गई", "पासकी “\(name)” अब आपके खाते में साइन इन कर सकती है।")
        case .passkeyRemoved(let name): ("पासकी हटाई गई", "पासकी “\(name)” अब आपके खाते में साइन इन नहीं कर सकती।")
        case .passkeySuspect(let name):
            ("पासकी अस्वीकार हुई", "हो सकता है पासकी “\(name)” की नक़ल बनी हो: उसकी गिनती पीछे गई। साइन-इन अस्वीकार किया गया।")
        case .providerLinked(let name): ("साइन-इन का एक और रास्ता", "अब \(name) से आपके खाते में साइन इन हो सकता है।")
        case .providerUnlinked(let name): ("साइन-इन का एक रास्ता हटाया गया", "अब \(name) से आपके खाते में साइन इन नहीं हो सकता।")
        }
    }
}
