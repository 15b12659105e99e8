/// Where the request comes from that is being answered. Whoever writes down what happens need not be handed it through
/// every call; in the background there is none.
package struct RequestOrigin: Sendable, Equatable {
    package let address: String
    package let requestID: String

    @TaskLocal package static var current: RequestOrigin?

    package init(address: String, requestID: String) {
        self.address = address
        self.requestID = requestID
    }
}
