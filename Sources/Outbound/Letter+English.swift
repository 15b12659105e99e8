extension Letter {
    static func english(_ letter: Letter) -> LetterWords {
        let ignore = "If you did not ask for this, ignore this letter: nothing changes."
        let wasNotYou =
            "If this was not you, set a new password at once (“Lost your password?” on the sign-in page) and look "
            + "through your sessions in the settings."
        func words(_ subject: String, _ paragraphs: String..., action: String? = nil, then: [String] = [])
            -> LetterWords
        {
            LetterWords(
                subject: subject, paragraphs: paragraphs, action: action, afterwards: then,
                footer: "Sent by Purser at")
        }
        switch letter {
        case .verifyAddress:
            return words(
                "Confirm your e-mail address",
                "Please confirm that this address is yours. The link works for 24 hours.",
                action: "Confirm the address", then: [ignore])
        case .resetPassword:
            return words(
                "Set a new password",
                "Somebody, hopefully you, wants to set a new password for your account. The link works once, for an hour.",
                action: "Set a new password", then: [ignore])
        case .confirmNewAddress:
            return words(
                "Confirm your new e-mail address",
                "Please confirm that you want to sign in with this address from now on. The link works for 24 hours.",
                action: "Use this address", then: [ignore])
        case .addressChanging(let new):
            return words(
                "Your e-mail address is about to change",
                "Somebody who knows your password wants to change the address of your account to \(new). It changes when "
                    + "that address is confirmed.", wasNotYou)
        case .addressChanged(let new):
            return words(
                "Your e-mail address was changed",
                "You sign in as \(new) from now on. This address is not used any more.",
                "If this was not you, ask the people who run this server for help at once.")
        case .passwordChanged:
            return words("Your password was changed", "The password of your account was changed.", wasNotYou)
        case .factorChanged(let change):
            let (subject, text) = english(change)
            return words(subject, text, wasNotYou)
        case .newSignIn(let device, let address, let at):
            return words(
                "New sign-in to your account",
                "Your account was signed in to from a network it has not been used from before.\n\(device)\n\(address)\n"
                    + at.inLetters, wasNotYou)
        case .completeRegistration:
            return words(
                "Your new account",
                "Somebody, hopefully you, wants to open an account with this address. Follow the link and give the password that "
                    + "you chose. It works for 24 hours.", action: "Open the account", then: [ignore])
        case .accountExists:
            return words(
                "You have an account already",
                "Somebody, perhaps you, wanted to open an account with this address. There is one: sign in to it. If you have lost "
                    + "your password, set a new one from the sign-in page.", action: "Sign in", then: [ignore])
        case .keyMade(let name, let scopes):
            return words(
                "A new key for a program",
                "The key “\(name)” was made for your account. A program that has it may, in your name: \(scopes).",
                "If this was not you, revoke the key in the settings and set a new password at once.")
        case .locked(let address, let minutes):
            return words(
                "Somebody tried your password",
                "There were too many wrong passwords for your account from \(address). From there nobody can sign in to it for "
                    + "\(minutes) minutes.",
                "If that was you, wait, or set a new password. Otherwise there is nothing you have to do.")
        case .members(let news):
            let (subject, text) = english(news)
            return words(
                subject, text, "You can turn letters about shared books off in the settings, under “Letters”.")
        case .deletionAsked(let at):
            return words(
                "Your account will be deleted",
                "Your account will be deleted at \(at.inLetters). Until then you can have it back: sign in, and choose “Keep "
                    + "my account”.",
                "After that your name, your picture and everything you sign in with are erased. What you recorded in books "
                    + "that others share stays there, without your name.", wasNotYou)
        case .deletionCancelled:
            return words(
                "Your account stays", "Your account will not be deleted. Everything is as it was.", wasNotYou)
        case .accountDeleted:
            return words(
                "Your account is deleted",
                "Your account is deleted, as you asked. This address is not kept; this is the last letter to it.")
        }
    }

    private static func english(_ news: MemberNews) -> (String, String) {
        switch news {
        case .joined(let name, let book):
            ("\(name) has joined “\(book)”", "\(name) has accepted your invitation to the book “\(book)”.")
        case .roleChanged(let book, let part):
            (
                "Your role in “\(book)” was changed", english(part, in: book)
            )
        case .removed(let book):
            (
                "You are no longer a member of “\(book)”",
                "You were removed from the book “\(book)”. What you recorded stays in it."
            )
        case .given(let book):
            ("“\(book)” is yours now", "The book “\(book)” was given to you. You are its owner from now on.")
        }
    }

    private static func english(_ part: BookPart, in book: String) -> String {
        switch part {
        case .owner: "You are an owner of the book “\(book)” now: you may do everything in it."
        case .admin:
            "You are an administrator of the book “\(book)” now: you may change everything in it and manage its members."
        case .member:
            "You are a member of the book “\(book)” now: you record entries and change those that you recorded."
        case .viewer: "You are a viewer of the book “\(book)” now: you see everything in it and change nothing."
        case .other: "You have another role in the book “\(book)” now. What you may do follows from it."
        }
    }

    private static func english(_ change: FactorChange) -> (String, String) {
        switch change {
        case .codesOn: ("Codes for signing in are on", "From now on your account asks for a code of your device, too.")
        case .codesOff:
            ("Codes for signing in are off", "Your account does not ask for a code of your device any more.")
        case .recoveryCodesRenewed:
            ("New recovery codes", "New recovery codes were made for your account. The old ones do not work any more.")
        case .codesRequired:
            ("A second factor is needed", "The people who run this server ask you to sign in with a second factor.")
        case .recoveryCodeUsed(let left):
            ("A recovery code was used", "Your account was signed in to with a recovery code. \(left) are left.")
        case .passkeyAdded(let name): ("A passkey was added", "The passkey “\(name)” can sign in to your account now.")
        case .passkeyRemoved(let name):
            ("A passkey was removed", "The passkey “\(name)” cannot sign in to your account any more.")
        case .passkeySuspect(let name):
            (
                "A passkey was refused",
                "The passkey “\(name)” may have been copied: its counter went back. The sign-in was refused."
            )
        case .providerLinked(let name):
            ("Another way to sign in", "\(name) can sign in to your account now.")
        case .providerUnlinked(let name):
            ("A way to sign in was removed", "\(name) cannot sign in to your account any more.")
        }
    }
}
