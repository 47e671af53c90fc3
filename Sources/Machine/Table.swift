/// Where an entry stands in a `Table`. The generation makes a handle of an entry that is gone find nothing, even after its place
/// was given to another.
@frozen
public struct Handle<Entry>: Hashable, Sendable, Comparable {
    public let index: Int32
    public let generation: Int32

    @inlinable
    init(index: Int32, generation: Int32) {
        self.index = index
        self.generation = generation
    }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        (left.index, left.generation) < (right.index, right.generation)
    }
}

/// Entries addressed by small integer handles, in chunks of 256.
///
/// A copy of a table costs one retain a chunk, so a snapshot of 100,000 tasks takes some 0.1 ms, and a change after that copies
/// one chunk, not the table. Change in place (`table[handle].field = …`): copying an entry out and back costs its retains twice.
/// Iteration goes by index, hence the same in each process.
///
/// Public and inlinable, although only this package uses it: the compiler specialises a generic type of another module in no other
/// case, and unspecialised the master's core took three times the CPU (measured).
@frozen
public struct Table<Entry: Sendable>: Sendable {
    @usableFromInline
    final class Chunk: @unchecked Sendable {
        // Sendable: a chunk is changed only through `isKnownUniquelyReferenced`, that is, while no other table refers to it.
        // The table's own exclusivity is theirs.
        @usableFromInline @exclusivity(unchecked) var entries: ContiguousArray<Entry?>
        @usableFromInline @exclusivity(unchecked) var generations: ContiguousArray<Int32>

        @usableFromInline
        init() {
            entries = ContiguousArray(repeating: nil, count: Table.chunkSize)
            generations = ContiguousArray(repeating: 0, count: Table.chunkSize)
        }

        @usableFromInline
        init(copying other: Chunk) {
            entries = other.entries
            generations = other.generations
        }
    }

    @inlinable
    public static var chunkSize: Int { 256 }

    @usableFromInline var chunks: ContiguousArray<Chunk> = []
    @usableFromInline var free: [Int32] = []
    @usableFromInline var used = 0

    @inlinable
    public init() {}

    /// How many entries there are.
    @inlinable
    public var count: Int { used - free.count }
    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// Adds an entry, in the place of a removed one if there is any.
    @inlinable
    public mutating func insert(_ entry: Entry) -> Handle<Entry> {
        let index: Int32
        if let last = free.popLast() {
            index = last
        } else {
            precondition(used < Int(Int32.max), "a table holds at most 2^31 entries")
            index = Int32(used)
            used += 1
            if used > chunks.count * Table.chunkSize { chunks.append(Chunk()) }
        }
        let (chunk, offset) = Self.place(index)
        own(chunk)
        chunks[chunk].entries[offset] = entry
        return Handle(index: index, generation: chunks[chunk].generations[offset])
    }

    /// Takes an entry out; nil if the handle is stale.
    @discardableResult
    @inlinable
    public mutating func remove(_ handle: Handle<Entry>) -> Entry? {
        guard contains(handle) else { return nil }
        let (chunk, offset) = Self.place(handle.index)
        own(chunk)
        let entry = chunks[chunk].entries[offset]
        chunks[chunk].entries[offset] = nil
        chunks[chunk].generations[offset] &+= 1
        free.append(handle.index)
        return entry
    }

    @inlinable
    public func contains(_ handle: Handle<Entry>) -> Bool {
        guard handle.index >= 0, Int(handle.index) < used else { return false }
        let (chunk, offset) = Self.place(handle.index)
        // Removing an entry ends its generation, and the next one is given out only with an entry.
        return chunks[chunk].generations[offset] == handle.generation
    }

    /// The entry of a handle, nil if it is gone.
    @inlinable
    public func entry(_ handle: Handle<Entry>) -> Entry? {
        guard contains(handle) else { return nil }
        let (chunk, offset) = Self.place(handle.index)
        return chunks[chunk].entries[offset]
    }

    /// The entry of a handle that must be live: a stale one is a fault of ours and stops the process.
    @inlinable
    public subscript(handle: Handle<Entry>) -> Entry {
        _read {
            precondition(contains(handle), "a stale handle was used")
            let (chunk, offset) = Self.place(handle.index)
            yield chunks[chunk].entries[offset]!
        }
        _modify {
            precondition(contains(handle), "a stale handle was used")
            let (chunk, offset) = Self.place(handle.index)
            own(chunk)
            yield &chunks[chunk].entries[offset]!
        }
    }

    /// The handles of all entries, by index.
    @inlinable
    public var handles: [Handle<Entry>] {
        var result: [Handle<Entry>] = []
        result.reserveCapacity(count)
        forEach { handle, _ in result.append(handle) }
        return result
    }

    /// Visits all entries by index.
    @inlinable
    public func forEach(_ body: (Handle<Entry>, borrowing Entry) -> Void) {
        var index: Int32 = 0
        for chunk in chunks {
            for offset in 0..<Table.chunkSize where chunk.entries[offset] != nil {
                let handle = Handle<Entry>(index: index + Int32(offset), generation: chunk.generations[offset])
                body(handle, chunk.entries[offset]!)
            }
            index += Int32(Table.chunkSize)
        }
    }

    @inlinable
    static func place(_ index: Int32) -> (chunk: Int, offset: Int) {
        (Int(index) / chunkSize, Int(index) % chunkSize)
    }

    @inlinable
    mutating func own(_ chunk: Int) {
        if !isKnownUniquelyReferenced(&chunks[chunk]) { chunks[chunk] = Chunk(copying: chunks[chunk]) }
    }
}
