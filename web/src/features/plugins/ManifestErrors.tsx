import type { Problem } from '../../api/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { nextStep } from '../layout/next-step.ts';
import { placeOf } from './manifest-place.ts';

// Every error of an upload at once, each with its place, so that one look fixes the file.
export function ManifestErrors({ problem }: { problem: Problem }) {
  const { t } = useText();
  const errors = problem.fields ?? [];
  return (
    <div className="plugins-errors" role="alert" data-testid="manifest-errors">
      <strong>{errors.length > 0 ? t('plugins.errors', { count: errors.length }) : (problem.message ?? problem.title)}</strong>
      {errors.length === 0 ? <p>{problem.details ?? problem.hint ?? t(nextStep(problem))}</p> : null}
      <ol>
        {errors.map((error, i) => {
          const place = placeOf(error);
          return (
            <li key={i}>
              {place.line === undefined ? null : (
                <span className="plugins-place">{t('plugins.place', { line: place.line, column: place.column ?? 1 })}</span>
              )}
              <code>{place.path}</code> {error.message}
            </li>
          );
        })}
      </ol>
      {problem.trace_id ? <small>{t('problem.trace', { id: problem.trace_id })}</small> : null}
    </div>
  );
}
