import Foundation
import Testing

/// The rules of the house that a test can hold (CONTRIBUTING.md, "Style").
struct HouseTests {
    let repository = Repository()

    @Test func `no file that people write has more than 500 lines`() throws {
        let files = try repository.files(["Sources", "Tests", "Benchmarks"], ["swift", "c", "h"]).filter { !$0.isGenerated }
        #expect(files.count > 50)
        for file in files { #expect(file.lines.count <= 501, "\(file.path) has \(file.lines.count - 1) lines") }
    }

    @Test func `a core imports no clock, no network, no operating system`() throws {
        let pure = [
            "Sources/Machine", "Sources/JSON", "Sources/Resources", "Sources/Master/Core", "Sources/Agent/Core", "Sources/Frameworks/Core",
            "Sources/Frameworks/Services/Core", "Sources/Frameworks/Batch/Schedules", "Sources/Frameworks/Batch/Core"
        ]
        let allowed: Set = [
            "Machine", "JSON", "Resources", "MesosAPI", "AgoraAPI", "SwiftProtobuf", "OrderedCollections", "DequeModule", "HeapModule",
            "_StringProcessing", "Synchronization", "FrameworkCore", "Schedules"
        ]
        let files = try repository.files(pure, ["swift"])
        #expect(files.count > 20)
        for file in files {
            for line in file.lines where line.contains("import ") && !line.hasPrefix("//") && !line.hasPrefix("    ") {
                guard let module = line.split(separator: " ").last.map(String.init) else { continue }
                #expect(allowed.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test func `resources, JSON and schedules stand alone`() throws {
        for file in try repository.files(["Sources/JSON", "Sources/Resources", "Sources/Machine", "Sources/Frameworks/Batch/Schedules"], ["swift"]) {
            let imports = file.lines.filter { $0.hasPrefix("import ") || $0.hasPrefix("package import ") || $0.hasPrefix("public import ") }
            #expect(imports.isEmpty, "\(file.path): \(imports)")
        }
    }

    @Test func `nothing draws at random or reads a clock inside a core`() throws {
        let forbidden = [
            "Date()", "UUID()", ".random(", "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock", ".now()", "Task {", "hashValue"
        ]
        let pure = [
            "Sources/Master/Core", "Sources/Agent/Core", "Sources/Frameworks/Core", "Sources/Frameworks/Services/Core",
            "Sources/Frameworks/Batch/Schedules", "Sources/Frameworks/Batch/Core"
        ]
        for file in try repository.files(pure, ["swift"]) {
            for line in file.lines where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                for word in forbidden { #expect(!Self.holds(word, line), "\(file.path): \(line)") }
            }
        }
    }

    @Test func `nothing in a source is put off without an issue`() throws {
        let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "for " + "now"]
        for file in try repository.files(["Sources", "Tests", "Deploy", "Benchmarks"], ["swift", "c", "h", "sh", "proto"]) where !file.isGenerated {
            for line in file.lines {
                for word in words { #expect(!Self.holds(word, line), "\(file.path): \(line)") }
            }
        }
    }

    @Test func `each link in the documents leads to a file`() throws {
        let pages = try repository.files(["docs", "Deploy"], ["md"]) + repository.files(["."], ["md"]).filter { !$0.path.contains("/") }
        #expect(pages.count >= 5)
        for page in pages {
            for match in page.text.matches(of: /\]\(([^)#:\s]+)(#[^)]*)?\)/) {
                let folder = (page.path as NSString).deletingLastPathComponent
                let target = (folder.isEmpty ? "" : folder + "/") + match.1
                #expect(repository.exists((target as NSString).standardizingPath), "\(page.path) links to \(match.1)")
            }
        }
    }

    @Test func `the two commands stand at the top of the README`() throws {
        let readme = try #require(try repository.files(["."], ["md"]).first { $0.path == "README.md" })
        let top = readme.lines.prefix(30).joined(separator: "\n")
        #expect(top.contains("make run") && top.contains("make test"))
    }

    /// Whether the line holds these words as words of their own: "Task {" stands not in "AgentTask {", nor a marker in mkstemp's template.
    /// Drawing from a generator that is given is no drawing at random.
    private static func holds(_ words: String, _ line: Substring) -> Bool {
        for range in line.ranges(of: words) {
            let isLetter = { (character: Character) in character.isLetter || character.isNumber || character == "_" }
            let startsInside =
                words.first.map(isLetter) == true && range.lowerBound > line.startIndex && isLetter(line[line.index(before: range.lowerBound)])
            let endsInside = words.last.map(isLetter) == true && range.upperBound < line.endIndex && isLetter(line[range.upperBound])
            if startsInside || endsInside { continue }
            if words == ".random(", line[range.upperBound...].contains("using: &") { continue }
            return true
        }
        return false
    }

    @Test(arguments: [
        ("Task {", "    Task { await run() }", true), ("Task {", "extension LaunchedTask {", false), (".random(", "UInt64.random(in: 0..<9)", true),
        (".random(", "UInt64.random(in: 0..<9, using: &generator)", false), ("X" + "XX", "// X" + "XX later", true),
        ("X" + "XX", "/tmp/agora-" + String(repeating: "X", count: 6), false)
    ])
    func `a rule finds words, not parts of words`(words: String, line: String, isFound: Bool) {
        #expect(Self.holds(words, line[...]) == isFound)
    }
}
