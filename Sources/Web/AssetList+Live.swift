/// The page's files for what happens live: activity, audit, keys, and the paths of its screens.
extension AssetList {
    static let live: [(name: String, bytes: [UInt8])] = [
        ("routes-live.js", PackageResources.routes_live_js)
    ]

    static let liveScreens: Set<String> = []
}
