import Machine
import Testing

struct TableTests {
    @Test func `a copy keeps what it saw while the table goes on`() {
        var table = Table<Int>()
        let handles = (0..<1_000).map { table.insert($0) }
        let copy = table
        for handle in handles { table[handle] += 1 }
        table.remove(handles[7])
        #expect(copy[handles[7]] == 7)
        #expect(table.entry(handles[7]) == nil)
        #expect(table[handles[999]] == 1_000 && copy[handles[999]] == 999)
        #expect(copy.count == 1_000 && table.count == 999)
    }

    @Test func `a handle of a removed entry finds nothing, also after its place is taken again`() {
        var table = Table<String>()
        let old = table.insert("a")
        table.remove(old)
        let new = table.insert("b")
        #expect(new.index == old.index)
        #expect(table.entry(old) == nil)
        #expect(table.remove(old) == nil)
        #expect(table.entry(new) == "b")
    }

    @Test func `iteration goes by index`() {
        var table = Table<Int>()
        let handles = (0..<300).map { table.insert($0) }
        for handle in handles where handle.index % 3 == 0 { table.remove(handle) }
        var seen: [Int] = []
        table.forEach { _, entry in seen.append(entry) }
        #expect(seen == (0..<300).filter { $0 % 3 != 0 })
        #expect(table.handles.map(\.index) == seen.map(Int32.init))
    }
}
