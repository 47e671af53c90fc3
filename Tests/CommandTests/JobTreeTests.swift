import JSON
import Testing

@testable import agora

/// Jobs as a tree of who triggers whom.
struct JobTreeTests {
    private let jobs: [JSONValue] = [
        ["name": "extract", "status": "success", "state": "idle", "schedule": "30 2 * * *", "parents": [], "disabled": false],
        ["name": "load", "status": "fresh", "state": "1 running", "schedule": "", "parents": ["clean", "other"], "disabled": false],
        ["name": "clean", "status": "fresh", "state": "idle", "schedule": "", "parents": ["extract"], "disabled": true],
        ["name": "mail", "status": "fresh", "state": "idle", "schedule": "", "parents": ["extract"], "disabled": false],
        ["name": "other", "status": "fresh", "state": "idle", "schedule": "R/2026-01-01T00:00:00.000Z/PT1H", "parents": [], "disabled": false]
    ]

    @Test func `each job stands below its first parent, and names all of them`() {
        #expect(
            JobTree(jobs).text(from: nil) == """
                JOB         LAST     STATE      BEGINS
                extract     success  idle       30 2 * * *
                ├─ clean    fresh    paused     after extract
                │  └─ load  fresh    1 running  after clean, other
                └─ mail     fresh    idle       after extract
                other       fresh    idle       R/2026-01-01T00:00:00.000Z/PT1H
                """)
    }

    @Test func `one job is shown with what it leads to, and a cycle ends`() {
        #expect(JobTree(jobs).shown(from: "clean").compactMap { $0["name"]?.string } == ["clean", "load"])
        let cycle: [JSONValue] = [["name": "a", "parents": ["b"]], ["name": "b", "parents": ["a"]]]
        #expect(JobTree(cycle).shown(from: "a").compactMap { $0["name"]?.string } == ["a", "b"])
        #expect(JobTree(cycle).shown(from: nil).isEmpty)
    }
}
