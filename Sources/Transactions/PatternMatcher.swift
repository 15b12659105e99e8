/// Finds all of many texts in another one in a single pass over it (Aho and Corasick): a hundred rules cost an import
/// little more than one.
struct PatternMatcher: Sendable {
    /// For each byte, its column in `steps`; bytes that no pattern has share column 0.
    private let columns: [UInt8]
    private let width: Int
    /// `steps[state × width + column]` is the next state; 0 is the start.
    private let steps: [Int32]
    /// The pattern that ends in a state, or -1, and the next state on the way back where another one ends, or 0.
    private let ends: [Int32]
    private let further: [Int32]
    let lengths: [Int]

    /// Patterns must be distinct and not empty; others are never found.
    init(_ patterns: [[UInt8]]) {
        var columns = [UInt8](repeating: 0, count: 256)
        var width = 1
        for pattern in patterns {
            for byte in pattern where columns[Int(byte)] == 0 && width < 256 {
                columns[Int(byte)] = UInt8(width)
                width += 1
            }
        }
        var steps = [Int32](repeating: 0, count: width)
        var ends: [Int32] = [-1]
        for (number, pattern) in patterns.enumerated() where !pattern.isEmpty {
            var state = 0
            for byte in pattern {
                let place = state * width + Int(columns[Int(byte)])
                if steps[place] == 0 {
                    steps[place] = Int32(ends.count)
                    ends.append(-1)
                    steps.append(contentsOf: repeatElement(0, count: width))
                }
                state = Int(steps[place])
            }
            if ends[state] < 0 { ends[state] = Int32(number) }
        }
        // Breadth first, each state's way back is known before its followers need it.
        var back = [Int32](repeating: 0, count: ends.count)
        var further = back
        var queue = [0]
        var first = 0
        while first < queue.count {
            let state = queue[first]
            first += 1
            for column in 0..<width {
                let place = state * width + column
                let fallen = state == 0 ? 0 : steps[Int(back[state]) * width + column]
                let next = Int(steps[place])
                guard next != 0 else {
                    steps[place] = fallen
                    continue
                }
                back[next] = fallen
                further[next] = ends[Int(fallen)] >= 0 ? fallen : further[Int(fallen)]
                queue.append(next)
            }
        }
        self.columns = columns
        self.width = width
        self.steps = steps
        self.ends = ends
        self.further = further
        lengths = patterns.map(\.count)
    }

    /// Calls `found` with each occurrence's pattern and the position after its last byte.
    @inline(__always)
    func scan(_ text: [UInt8], _ found: (_ pattern: Int, _ end: Int) -> Void) {
        guard ends.count > 1 else { return }
        var state = 0
        for (position, byte) in text.enumerated() {
            state = Int(steps[state * width + Int(columns[Int(byte)])])
            if ends[state] >= 0 || further[state] != 0 {
                var matching = state
                repeat {
                    if ends[matching] >= 0 { found(Int(ends[matching]), position + 1) }
                    matching = Int(further[matching])
                } while matching != 0
            }
        }
    }
}
