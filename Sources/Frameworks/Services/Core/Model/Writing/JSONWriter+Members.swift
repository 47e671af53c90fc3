import JSON

/// Members of objects, by type. What is nil is left out.
extension JSONWriter {
    mutating func member(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        key(verbatim: name)
        string(text)
    }

    mutating func member(_ name: StaticString, _ number: Int) {
        key(verbatim: name)
        int(number)
    }

    /// Without needless decimals.
    mutating func member(_ name: StaticString, _ number: Double) {
        key(verbatim: name)
        self.number(number)
    }

    mutating func member(_ name: StaticString, _ flag: Bool) {
        key(verbatim: name)
        bool(flag)
    }

    mutating func member(_ name: StaticString, _ limit: ResourceLimit) {
        switch limit {
        case .unlimited: member(name, "unlimited")
        case .number(let number): member(name, number)
        }
    }

    mutating func strings(_ texts: [String]) {
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// Left out when empty.
    mutating func strings(_ name: StaticString, _ texts: [String]) {
        guard !texts.isEmpty else { return }
        key(verbatim: name)
        strings(texts)
    }

    mutating func elements<Element>(
        _ name: StaticString, _ elements: [Element], isOmittedWhenEmpty: Bool = true, _ write: (Element, inout JSONWriter) -> Void
    ) {
        if isOmittedWhenEmpty, elements.isEmpty { return }
        key(verbatim: name)
        beginArray()
        for element in elements { write(element, &self) }
        endArray()
    }

    /// Left out when empty.
    mutating func map<Value>(_ name: StaticString, _ map: StringMap<Value>, _ write: (Value, inout JSONWriter) -> Void) {
        guard !map.isEmpty else { return }
        key(verbatim: name)
        beginObject()
        for entry in map {
            key(entry.key)
            write(entry.value, &self)
        }
        endObject()
    }

    /// The member `labels`.
    mutating func labels(_ labels: Labels, isOmittedWhenEmpty: Bool = false) {
        member("labels", labels, isOmittedWhenEmpty: isOmittedWhenEmpty)
    }

    mutating func member(_ name: StaticString, _ labels: Labels, isOmittedWhenEmpty: Bool) {
        if isOmittedWhenEmpty, labels.isEmpty { return }
        key(verbatim: name)
        beginObject()
        for label in labels {
            key(label.key)
            string(label.value)
        }
        endObject()
    }
}
