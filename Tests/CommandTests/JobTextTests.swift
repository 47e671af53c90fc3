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
}
