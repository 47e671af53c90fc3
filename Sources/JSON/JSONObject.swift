/// The members of a JSON object in the order of the text, duplicates included.
///
/// Looking a name up walks the members from the end, so the last of several duplicates counts. Who reads most members of a large object
/// iterates once instead.
package struct JSONObject: Hashable, Sendable, RandomAccessCollection {
    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    private var members: [Member]

    package init() { members = [] }

    package init(members: [Member]) { self.members = members }

    package init(_ members: some Sequence<(String, JSONValue)>) {
        self.members = members.map { Member(name: $0.0, value: $0.1) }
    }

    package var startIndex: Int { members.startIndex }
    package var endIndex: Int { members.endIndex }
    package subscript(_ position: Int) -> Member { members[position] }

    /// The value of the last member with this name. Setting replaces that one or appends; setting nil removes all of this name.
    package subscript(_ name: String) -> JSONValue? {
        get { members.last { $0.name == name }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.name == name } }
            if let index = members.lastIndex(where: { $0.name == name }) {
                members[index].value = newValue
            } else {
                members.append(Member(name: name, value: newValue))
            }
        }
    }

    /// Adds a member at the end, without looking for one of the same name.
    package mutating func append(_ name: String, _ value: JSONValue) {
        members.append(Member(name: name, value: value))
    }
}
