/// Names one scheduled timer. A token outlives its timer harmlessly: the generation tells that it is gone.
package struct TimerToken: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32
}

/// A binary heap of deadlines whose entries can be taken out from the middle. A new timer with a late deadline, the
/// usual case, is put in and taken out again in constant time.
struct TimerHeap<Action> {
    private struct Entry {
        var deadline: UInt64
        var slot: UInt32
    }

    private struct Slot {
        var generation: UInt32 = 0
        var position: Int32 = -1
        var action: Action?
    }

    private var heap: ContiguousArray<Entry> = []
    private var slots: ContiguousArray<Slot> = []
    private var free: ContiguousArray<UInt32> = []

    var count: Int { heap.count }
    var nextDeadline: UInt64? { heap.first?.deadline }

    mutating func insert(deadline: UInt64, _ action: Action) -> TimerToken {
        let slot: UInt32
        if let reused = free.popLast() {
            slot = reused
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot())
        }
        slots[Int(slot)].action = action
        heap.append(Entry(deadline: deadline, slot: slot))
        siftUp(heap.count - 1)
        return TimerToken(slot: slot, generation: slots[Int(slot)].generation)
    }

    /// The action of a timer that had not fired, or nil when there is nothing to cancel any more.
    @discardableResult
    mutating func cancel(_ token: TimerToken) -> Action? {
        let index = Int(token.slot)
        guard index < slots.count, slots[index].generation == token.generation, slots[index].position >= 0 else {
            return nil
        }
        return remove(at: Int(slots[index].position))
    }

    mutating func popDue(at now: UInt64) -> Action? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        return remove(at: 0)
    }

    mutating func popAny() -> Action? {
        heap.isEmpty ? nil : remove(at: heap.count - 1)
    }

    private mutating func remove(at position: Int) -> Action? {
        let slot = Int(heap[position].slot)
        let last = heap.removeLast()
        if position < heap.count {
            heap[position] = last
            slots[Int(last.slot)].position = Int32(position)
            siftUp(position)
            siftDown(Int(slots[Int(last.slot)].position))
        }
        let action = slots[slot].action
        slots[slot].action = nil
        slots[slot].position = -1
        slots[slot].generation &+= 1
        free.append(UInt32(slot))
        return action
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        let entry = heap[position]
        while position > 0 {
            let parent = (position - 1) / 2
            guard entry.deadline < heap[parent].deadline else { break }
            place(heap[parent], at: position)
            position = parent
        }
        place(entry, at: position)
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let entry = heap[position]
        while true {
            var child = 2 * position + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline { child += 1 }
            guard heap[child].deadline < entry.deadline else { break }
            place(heap[child], at: position)
            position = child
        }
        place(entry, at: position)
    }

    private mutating func place(_ entry: Entry, at position: Int) {
        heap[position] = entry
        slots[Int(entry.slot)].position = Int32(position)
    }
}
