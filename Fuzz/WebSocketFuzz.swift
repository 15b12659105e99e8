// Compiled like HTTPFuzz.swift, by run.sh: the decoder of WebSocket frames, without a socket.

/// Called for each input by HTTPFuzz.swift. What is read must not depend on how the bytes were cut, and must be something
/// that the standard allows.
func fuzzFrames(_ input: UnsafeRawBufferPointer, cuts: () -> Int) {
    let whole = decodeFrames([input])
    var pieces: [UnsafeRawBufferPointer] = []
    var start = 0
    while start < input.count {
        let end = min(input.count, start + cuts())
        pieces.append(UnsafeRawBufferPointer(rebasing: input[start..<end]))
        start = end
    }
    let cut = decodeFrames(pieces)
    checkFrames(whole == cut, "cut up, the frames read as \(cut), whole as \(whole)")
    for event in whole.events {
        switch event {
        case .text(let bytes):
            checkFrames(bytes.count <= 512 && String(validating: bytes, as: UTF8.self) != nil, "a text that is none")
        case .ping(let bytes), .pong(let bytes): checkFrames(bytes.count <= 125, "a long control frame")
        case .close(let code, let reason):
            checkFrames(reason.count <= 123 && String(validating: reason, as: UTF8.self) != nil, "a wrong reason")
            checkFrames(code != 1005 && code != 1006, "a code that is never sent")
            checkFrames(whole.events.last == event, "something after a close")
        }
    }
    if let failure = whole.failure { checkFrames([1002, 1003, 1007, 1009].contains(failure), "the code \(failure)") }
}

private struct DecodedFrames: Equatable {
    var events: [WebSocketDecoder.Event] = []
    var failure: UInt16?
}

private func decodeFrames(_ pieces: [UnsafeRawBufferPointer]) -> DecodedFrames {
    var limits = WebSocketDecoder.Limits()
    limits.messageBytes = 512
    limits.fragments = 4
    var decoder = WebSocketDecoder(limits: limits)
    var result = DecodedFrames()
    for piece in pieces {
        // Memory of its own, so that reading past the end does not go unnoticed.
        let bytes = [UInt8](piece)
        var index = 0
        do {
            while let event = try bytes.withUnsafeBytes({ try decoder.next($0, at: &index) }) {
                checkFrames(index <= bytes.count, "beyond the end")
                result.events.append(event)
            }
        } catch {
            if result.failure == nil { result.failure = (error as? WebSocketDecoder.Failure)?.code }
        }
    }
    return result
}

private func checkFrames(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fatalError(message()) }
}
