import Base

package enum DepartmentTag {}
package typealias DepartmentID = Identifier<DepartmentTag>

/// Which entries of a book a role reaches (INVENTORY S1-302).
package enum EntryScope: Equatable, Sendable {
    case everything
    /// Those of these departments, and what the member has recorded themselves.
    case departments([DepartmentID], recordedBy: UserID)
    /// What the member has recorded themselves.
    case own(UserID)
}

extension Refusal {
    package static let outOfDepartment = Refusal(
        .forbidden, "OUT_OF_DEPARTMENT",
        "Your role reaches your own department, and those below it. Ask somebody who sees the whole book.")
    static let notTheWholeBook = Refusal(
        .forbidden, "INSUFFICIENT_PERMISSIONS",
        "This shows the whole book, of which your role reaches a part. Ask somebody who sees all of it.")
}
