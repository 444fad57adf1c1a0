/** Rows of the app as a whole: profile, content types, time, modules. */
import { choice, inheritedSetting, optionalSetting, setting } from '../setting.js';

export const generalRows = {
  reliability: choice(['safe', 'compat'], {
    default: 'safe',
    meaning: 'profile of the defaults: safe loses no task, compat has the defaults of Celery',
  }),
  acceptContent: setting('strings', {
    default: ['json'],
    meaning: 'serializers or MIME types that a worker will decode',
  }),
  resultAcceptContent: inheritedSetting('strings', {
    fallback: 'acceptContent',
    meaning: 'the same for results that are read',
  }),
  enableUtc: setting('boolean', {
    default: true,
    meaning: 'instants without a zone are UTC; false: of the local zone',
  }),
  timezone: optionalSetting('timeZone', {
    default: null,
    meaning: 'IANA zone of schedules, of ETAs without a zone and of app.now(); null is UTC, or local without enableUtc',
  }),
  imports: setting('strings', { default: [], meaning: 'modules that members load beside the app module' }),
  include: setting('strings', { default: [], meaning: 'like imports, loaded after them' }),
  overrideBackends: setting('mapping', {
    default: {},
    status: 'planned',
    meaning: 'result backends of your own: scheme → specifier of the module',
  }),
} as const;
