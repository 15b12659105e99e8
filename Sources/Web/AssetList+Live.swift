/// The page's files for what happens live: activity, audit, keys, and the paths of its screens.
extension AssetList {
    static let live: [(name: String, bytes: [UInt8])] = [
        ("activity.js", PackageResources.activity_js),
        ("audit.js", PackageResources.audit_js),
        ("keys.js", PackageResources.keys_js),
        ("live.css", PackageResources.live_css),
        ("live.js", PackageResources.live_js),
        ("routes-live.js", PackageResources.routes_live_js),
    ]

    static let liveScreens: Set<String> = ["/activity", "/audit"]
}
