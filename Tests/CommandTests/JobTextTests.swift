import JSON
import Testing

@testable import agora

/// Jobs as people read them.
struct JobTextTests {
    @Test(
        arguments: [
            (["name": "a", "originalSchedule": "R0//PT1H", "disabled": false], "on request"),
            (["name": "a", "originalSchedule": "R0//PT1H", "disabled": true], "on request"),
            (["name": "a", "originalSchedule": "", "disabled": false], "on request"),
            (["name": "a", "originalSchedule": "R0//PT1H", "schedules": ["R0//PT1H", "@daily"], "nextRun": "2026-01-01"], "2026-01-01"),
            (["name": "a", "originalSchedule": "@daily", "disabled": true], "paused"),
            (["name": "a", "originalSchedule": "R1//PT1H", "schedule": "R0/2026-01-01T00:00:00.000Z/PT1H", "disabled": false], "never"),
            (["name": "a", "parents": ["b"], "disabled": false], "after its parents")
        ] as [(JSONValue, String)])
    func `when a job runs next is said: on request only, if it was meant so`(job: JSONValue, next: String) {
        #expect(JobText.created(job) == "a  next: \(next)")
    }

    @Test func `what a job begins by is shown as it was given, with its zone`() {
        let job: JSONValue = [
            "name": "a", "schedule": "R/2026-01-01T02:30:00.000+01:00/P1D", "originalSchedule": "@daily", "scheduleTimeZone": "Europe/Berlin"
        ]
        #expect(JobText.trigger(job) == "@daily Europe/Berlin")
        let summary: JSONValue = ["name": "a", "status": "fresh", "state": "idle", "schedule": "0 0 * * *", "parents": [], "disabled": false]
        #expect(JobTree([summary], definitions: [job]).text(from: nil).hasSuffix("idle   @daily Europe/Berlin"))
    }

    private static let many: JSONValue = [
        "name": "a", "command": "x", "originalSchedule": "@daily", "schedules": ["@daily", "@hourly", "R/2026-01-01T00:00:00Z/P7D"],
        "scheduleTimeZone": "Europe/Berlin", "nextRun": "2026-01-01", "owner": "o@example.com", "ownerName": "", "description": "d", "retries": 3,
        "concurrencyPolicy": "FORBID", "environmentVariables": [["name": "A", "value": "1"], ["name": "B", "value": "2"]], "labels": ["l": "m"],
        "cpus": 0.5, "mem": 32, "disk": 0
    ]

    @Test func `of several schedules a list has the first, and how many more there are`() {
        #expect(JobText.trigger(Self.many) == "@daily Europe/Berlin (+2)")
        #expect(JobText.schedules(["originalSchedule": "@daily", "schedules": ["@hourly"]]) == ["@daily", "@hourly"])
        #expect(JobText.schedules(["originalSchedule": ""]) == [])
    }

    @Test func `details have all schedules, and what else is set`() {
        #expect(
            JobText.details(Self.many) == """
                a  0 succeeded, 0 failed
                command      x
                schedule     @daily Europe/Berlin
                             @hourly Europe/Berlin
                             R/2026-01-01T00:00:00Z/P7D Europe/Berlin
                next         2026-01-01
                resources    cpus 0.5, mem 32 MB, disk 0 MB
                owner        o@example.com
                description  d
                retries      3
                concurrency  FORBID
                environment  A=1
                             B=2
                label        l=m
                """)
    }

    @Test func `the history of a run with several indices says whose attempt it is`() {
        let one: JSONValue = ["due": "D", "job": "a", "state": "succeeded", "tasks": [["attempt": 0, "host": "h", "exitStatus": 0]]]
        #expect(JobText.history([one]).split(separator: "\n").first == "DUE  JOB  STATE      ATTEMPT  NODE  EXIT  STARTED  ENDED  MESSAGE")
        let two: JSONValue = [
            "due": "E", "job": "b", "state": "running", "completions": 2,
            "indices": [["index": 0, "state": "succeeded"], ["index": 1, "state": "running"]],
            "tasks": [
                ["index": 0, "attempt": 0, "host": "h", "state": "TASK_FAILED", "exitStatus": 1], ["index": 1, "attempt": 0, "host": "h"],
                ["index": 0, "attempt": 1, "host": "h", "exitStatus": 0]
            ]
        ]
        #expect(
            JobText.history([two, one]) == """
                DUE  JOB  STATE        INDEX  ATTEMPT  NODE  EXIT  STARTED  ENDED  MESSAGE
                E    b    succeeded        0        2  h        0        -      -
                E    b    running          1        1  h        -        -      -
                E    b    TASK_FAILED      0        1  h        1        -      -
                D    a    succeeded        -        1  h        0        -      -
                """)
        #expect(JobText.indexHint(two, ["index": 1]) == "index 1 of 0 to 1; --index shows another one")
        #expect(JobText.indexHint(one, [:]) == nil)
    }
}
