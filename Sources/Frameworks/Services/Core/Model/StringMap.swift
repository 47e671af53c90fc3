/// A small map with string keys, kept sorted, so that its order depends on nothing but its content.
package struct StringMap<Value: Hashable & Sendable>: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let key: String
        package var value: Value
    }

    private var entries: [Entry] = []

    package init() {}

    /// Of several values for one key the last one stays.
    package init(_ pairs: some Sequence<(String, Value)>) {
        let sorted = pairs.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
        for (_, (key, value)) in sorted {
            if entries.last?.key == key { entries.removeLast() }
            entries.append(Entry(key: key, value: value))
        }
    }

    package subscript(_ key: String) -> Value? {
        let index = position(of: key)
        return index < entries.count && entries[index].key == key ? entries[index].value : nil
    }

    package var keys: [String] { entries.map(\.key) }

    /// Where the key stands or would have to be inserted.
    private func position(of key: String) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension StringMap: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }
    package subscript(_ index: Int) -> Entry { entries[index] }
}

extension StringMap: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral pairs: (String, Value)...) { self.init(pairs) }
}

package typealias Labels = StringMap<String>
