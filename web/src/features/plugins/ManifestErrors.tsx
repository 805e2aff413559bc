import { detailText, type Problem } from '../../api/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { nextStep } from '../layout/next-step.ts';
import { manifestIssues } from './manifest-issues.ts';

// Every error of an upload at once, each with its place, so that one look fixes the file.
export function ManifestErrors({ problem }: { problem: Problem }) {
  const { t } = useText();
  const issues = manifestIssues(problem);
  return (
    <div className="plugins-errors" role="alert" data-testid="manifest-errors">
      <strong>{issues.length > 0 ? t('plugins.errors', { count: issues.length }) : (problem.message ?? problem.title)}</strong>
      {issues.length === 0 ? <p>{detailText(problem) ?? problem.hint ?? t(nextStep(problem))}</p> : null}
      <ol>
        {issues.map((issue, i) => (
          <li key={i}>
            {issue.line === undefined ? null : (
              <span className="plugins-place">{t('plugins.place', { line: issue.line, column: issue.column ?? 1 })}</span>
            )}
            <code>{issue.path}</code> {issue.message}
            {issue.hint ? <em> {issue.hint}</em> : null}
          </li>
        ))}
      </ol>
      {problem.trace_id ? <small>{t('problem.trace', { id: problem.trace_id })}</small> : null}
    </div>
  );
}
