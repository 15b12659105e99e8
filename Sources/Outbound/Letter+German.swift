extension Letter {
    static func german(_ letter: Letter) -> LetterWords {
        let ignore = "Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Es ändert sich nichts."
        let wasNotYou =
            "Wenn Sie das nicht waren, setzen Sie sofort ein neues Passwort („Passwort vergessen?“ auf der Anmeldeseite) "
            + "und sehen Sie in den Einstellungen Ihre Sitzungen durch."
        func words(_ subject: String, _ paragraphs: String..., action: String? = nil, then: [String] = [])
            -> LetterWords
        {
            LetterWords(
                subject: subject, paragraphs: paragraphs, action: action, afterwards: then,
                footer: "Gesendet von Purser,")
        }
        switch letter {
        case .verifyAddress:
            return words(
                "Bestätigen Sie Ihre E-Mail-Adresse",
                "Bitte bestätigen Sie, dass diese Adresse Ihnen gehört. Der Link gilt 24 Stunden.",
                action: "Adresse bestätigen", then: [ignore])
        case .resetPassword:
            return words(
                "Neues Passwort setzen",
                "Jemand, hoffentlich Sie, möchte ein neues Passwort für Ihr Konto setzen. Der Link gilt einmal und eine "
                    + "Stunde lang.", action: "Neues Passwort setzen", then: [ignore])
        case .confirmNewAddress:
            return words(
                "Bestätigen Sie Ihre neue E-Mail-Adresse",
                "Bitte bestätigen Sie, dass Sie sich künftig mit dieser Adresse anmelden möchten. Der Link gilt 24 Stunden.",
                action: "Diese Adresse verwenden", then: [ignore])
        case .addressChanging(let new):
            return words(
                "Ihre E-Mail-Adresse wird geändert",
                "Jemand, der Ihr Passwort kennt, möchte die Adresse Ihres Kontos in \(new) ändern. Sie ändert sich, sobald "
                    + "jene Adresse bestätigt ist.", wasNotYou)
        case .addressChanged(let new):
            return words(
                "Ihre E-Mail-Adresse wurde geändert",
                "Sie melden sich ab jetzt als \(new) an. Diese Adresse wird nicht mehr verwendet.",
                "Wenn Sie das nicht waren, wenden Sie sich sofort an die Betreiber dieses Servers.")
        case .passwordChanged:
            return words("Ihr Passwort wurde geändert", "Das Passwort Ihres Kontos wurde geändert.", wasNotYou)
        case .factorChanged(let change):
            let (subject, text) = german(change)
            return words(subject, text, wasNotYou)
        case .newSignIn(let device, let address, let at):
            return words(
                "Neue Anmeldung bei Ihrem Konto",
                "Bei Ihrem Konto hat sich jemand aus einem Netz angemeldet, aus dem es bisher nicht benutzt wurde.\n\(device)\n"
                    + "\(address)\n\(at.inLetters)", wasNotYou)
        case .completeRegistration:
            return words(
                "Ihr neues Konto",
                "Jemand, hoffentlich Sie, möchte mit dieser Adresse ein Konto eröffnen. Folgen Sie dem Link und geben Sie das "
                    + "Passwort ein, das Sie gewählt haben. Er gilt 24 Stunden.", action: "Konto eröffnen",
                then: [ignore])
        case .accountExists:
            return words(
                "Sie haben schon ein Konto",
                "Jemand, vielleicht Sie, wollte mit dieser Adresse ein Konto eröffnen. Es gibt schon eines: Melden Sie sich an. "
                    + "Ein verlorenes Passwort ersetzen Sie von der Anmeldeseite aus.", action: "Anmelden",
                then: [ignore])
        case .keyMade(let name, let scopes):
            return words(
                "Ein neuer Schlüssel für ein Programm",
                "Für Ihr Konto wurde der Schlüssel „\(name)“ erzeugt. Ein Programm, das ihn hat, darf in Ihrem Namen: \(scopes).",
                "Wenn Sie das nicht waren, widerrufen Sie den Schlüssel in den Einstellungen und setzen Sie sofort ein neues "
                    + "Passwort.")
        case .locked(let address, let minutes):
            return words(
                "Jemand hat Ihr Passwort zu raten versucht",
                "Von \(address) kamen zu viele falsche Passwörter für Ihr Konto. Von dort kann sich \(minutes) Minuten lang "
                    + "niemand anmelden.",
                "Wenn Sie das waren, warten Sie, oder setzen Sie ein neues Passwort. Sonst brauchen Sie nichts zu tun.")
        case .members(let news):
            let (subject, text) = german(news)
            return words(
                subject, text,
                "Briefe über gemeinsame Bücher können Sie in den Einstellungen unter „Letters“ abstellen.")
        case .deletionAsked(let at):
            return words(
                "Ihr Konto wird gelöscht",
                "Ihr Konto wird gelöscht: \(at.inLetters). Bis dahin können Sie es behalten: Melden Sie sich an und wählen Sie "
                    + "„Keep my account“.",
                "Danach werden Ihr Name, Ihr Bild und alles, womit Sie sich anmelden, gelöscht. Was Sie in gemeinsamen Büchern "
                    + "festgehalten haben, bleibt dort, ohne Ihren Namen.", wasNotYou)
        case .deletionCancelled:
            return words(
                "Ihr Konto bleibt", "Ihr Konto wird nicht gelöscht. Alles ist, wie es war.", wasNotYou)
        case .accountDeleted:
            return words(
                "Ihr Konto ist gelöscht",
                "Ihr Konto ist gelöscht, wie Sie es wollten. Diese Adresse wird nicht aufbewahrt; das ist der letzte Brief an sie."
            )
        }
    }

    private static func german(_ news: MemberNews) -> (String, String) {
        switch news {
        case .joined(let name, let book):
            ("\(name) ist jetzt in „\(book)“", "\(name) hat Ihre Einladung in das Buch „\(book)“ angenommen.")
        case .roleChanged(let book, let part):
            (
                "Ihre Rolle in „\(book)“ wurde geändert", german(part, in: book)
            )
        case .removed(let book):
            (
                "Sie sind nicht mehr in „\(book)“",
                "Sie wurden aus dem Buch „\(book)“ entfernt. Was Sie eingetragen haben, bleibt darin."
            )
        case .given(let book):
            ("„\(book)“ gehört jetzt Ihnen", "Das Buch „\(book)“ wurde Ihnen übergeben. Es gehört ab jetzt Ihnen.")
        }
    }

    private static func german(_ part: BookPart, in book: String) -> String {
        switch part {
        case .owner: "Ihnen gehört jetzt das Buch „\(book)“: Sie dürfen alles darin."
        case .admin: "Sie verwalten jetzt das Buch „\(book)“: Sie dürfen alles darin ändern, auch wer dabei ist."
        case .member:
            "Sie sind jetzt Mitglied des Buchs „\(book)“: Sie tragen ein und ändern, was Sie eingetragen haben."
        case .viewer: "Sie sehen jetzt alles im Buch „\(book)“ und ändern nichts."
        case .other: "Sie haben jetzt eine andere Rolle im Buch „\(book)“. Was Sie dürfen, folgt aus ihr."
        }
    }

    private static func german(_ change: FactorChange) -> (String, String) {
        switch change {
        case .codesOn:
            ("Anmelden mit Code ist eingeschaltet", "Ihr Konto fragt ab jetzt auch nach einem Code Ihres Geräts.")
        case .codesOff:
            ("Anmelden mit Code ist ausgeschaltet", "Ihr Konto fragt nicht mehr nach einem Code Ihres Geräts.")
        case .recoveryCodesRenewed:
            (
                "Neue Wiederherstellungscodes",
                "Für Ihr Konto wurden neue Wiederherstellungscodes erzeugt. Die alten gelten nicht mehr."
            )
        case .codesRequired:
            (
                "Ein zweiter Faktor ist nötig",
                "Die Betreiber dieses Servers bitten Sie, sich mit einem zweiten Faktor anzumelden."
            )
        case .recoveryCodeUsed(let left):
            (
                "Ein Wiederherstellungscode wurde benutzt",
                "Bei Ihrem Konto hat sich jemand mit einem Wiederherstellungscode angemeldet. Es sind noch \(left) übrig."
            )
        case .passkeyAdded(let name):
            ("Ein Passkey wurde hinzugefügt", "Der Passkey „\(name)“ kann sich ab jetzt bei Ihrem Konto anmelden.")
        case .passkeyRemoved(let name):
            ("Ein Passkey wurde entfernt", "Der Passkey „\(name)“ kann sich nicht mehr bei Ihrem Konto anmelden.")
        case .passkeySuspect(let name):
            (
                "Ein Passkey wurde abgelehnt",
                "Der Passkey „\(name)“ wurde vielleicht kopiert: Sein Zähler lief zurück. Die Anmeldung wurde abgelehnt."
            )
        case .providerLinked(let name):
            ("Ein weiterer Weg zur Anmeldung", "Mit \(name) kann man sich ab jetzt bei Ihrem Konto anmelden.")
        case .providerUnlinked(let name):
            ("Ein Weg zur Anmeldung wurde entfernt", "Mit \(name) kann man sich nicht mehr bei Ihrem Konto anmelden.")
        }
    }
}
