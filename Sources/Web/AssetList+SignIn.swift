/// The page's files for signing in and the own account, and the paths of its screens.
extension AssetList {
    static let signIn: [(name: String, bytes: [UInt8])] = [
        ("account.css", PackageResources.account_css),
        ("address-note.js", PackageResources.address_note_js),
        ("linked.js", PackageResources.linked_js),
        ("passkeys.js", PackageResources.passkeys_js),
        ("codes.js", PackageResources.codes_js),
        ("reauthenticate.js", PackageResources.reauthenticate_js),
        ("recovery.js", PackageResources.recovery_js),
        ("routes-signin.js", PackageResources.routes_signin_js),
        ("security.js", PackageResources.security_js),
        ("signin-ways.js", PackageResources.signin_ways_js),
        ("ways.css", PackageResources.ways_css),
        ("signin-factors.js", PackageResources.signin_factors_js),
    ]

    static let signInScreens: Set<String> = [
        "/verify", "/confirm-email", "/welcome", "/forgot", "/reset", "/settings/security",
    ]
}
