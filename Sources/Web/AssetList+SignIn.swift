/// The page's files for signing in and the own account, and the paths of its screens.
extension AssetList {
    static let signIn: [(name: String, bytes: [UInt8])] = [
        ("routes-signin.js", PackageResources.routes_signin_js)
    ]

    static let signInScreens: Set<String> = []
}
