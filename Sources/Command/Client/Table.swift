/// Rows for people: columns as wide as their widest cell, numbers to the right.
package struct TextTable {
    private let titles: [String]
    private var rows: [[String]] = []

    package init(_ titles: String...) { self.init(titles: titles) }

    package init(titles: [String]) { self.titles = titles }

    package mutating func add(_ cells: String...) { add(cells: cells) }

    package mutating func add(cells: [String]) {
        precondition(cells.count == titles.count, "a row has as many cells as the table has titles")
        rows.append(cells)
    }

    /// The lines, or `empty` if there is no row.
    package func text(empty: String) -> String {
        guard !rows.isEmpty else { return empty }
        let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
        let isNumber = titles.indices.map { column in rows.allSatisfy { Double($0[column]) != nil || $0[column] == "-" } }
        return ([titles] + rows).map { row in
            let cells = row.indices.map { column in
                let blank = String(repeating: " ", count: widths[column] - row[column].count)
                return isNumber[column] ? blank + row[column] : row[column] + blank
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

/// The beginning of a text that is too long for its column.
func shortened(_ text: String, to length: Int) -> String {
    text.count <= length ? text : text.prefix(length - 1) + "…"
}
